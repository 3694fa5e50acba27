-- The beginning of every script of a board.
-- KEYS[1] the board, a sorted set   KEYS[2] what the board is, a hash of its layout and its last turn
-- where the layout is not plain: KEYS[3] each member's place, a hash   KEYS[4] the different scores, a sorted set   KEYS[5] data, a hash
-- ARGV[1] layout: "plain", or words such as "first-desc dense data"   ARGV[2] "desc" or "asc"   ARGV[3] ranking
-- Replies the error RKLAYOUT and the layout that was found, where it is another
local call = redis.call
local board, desc, ranking = KEYS[1], ARGV[2] == "desc", ARGV[3]
local found = call("HGET", KEYS[2], "layout")
if found ~= ARGV[1] and (found or ARGV[1] ~= "plain") and (found or call("EXISTS", board) == 1) then
	return redis.error_reply("RKLAYOUT " .. (found or "plain"))
end
-- Where ties go by time, a member is kept as the number of its turn and itself: `0000000000000042:ann`.
local timed = not KEYS[3] and "" or string.match(ARGV[1], "^first%-%a+") or string.match(ARGV[1], "^last%-%a+") or ""
local dense = ranking == "dense"
local described = KEYS[3] and string.find(ARGV[1], " data", 1, true)

local function placeOf(member)
	if timed == "" then return member end
	return call("HGET", KEYS[3], member)
end

local function memberAt(place)
	return timed == "" and place or string.sub(place, 18)
end

-- How many of a set's scores are better than this one, or with `among` as good.
local function better(set, score, among)
	local bound = (among and "" or "(") .. score
	if desc then return call("ZCOUNT", set, bound, "+inf") end
	return call("ZCOUNT", set, "-inf", bound)
end

-- Where all members of this score rank, if they rank together.
local function sharedRank(score)
	if ranking == "dense" then return better(KEYS[4], score) + 1 end
	if ranking == "competition" then return better(board, score) + 1 end
	return better(board, score, true)
end

local function rankOf(place, score)
	if ranking ~= "ordinal" then return sharedRank(score) end
	return call(desc and "ZREVRANK" or "ZRANK", board, place) + 1
end
