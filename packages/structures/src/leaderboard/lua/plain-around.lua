-- What around.lua does, written straight for a board that is a sorted set and nothing else, and ranks by place.
-- KEYS[1] the board   KEYS[2] where its layout is if it is another
-- ARGV[1] "desc" or "asc"   ARGV[2] member   ARGV[3] how many, it included   ARGV[4] how many of them before it
-- ARGV[5] "1": as many at the edges of the board, or ""
-- Replies as list.lua says, or nil if the member is not there; or the error RKLAYOUT
local call, board, desc, count = redis.call, KEYS[1], ARGV[1] == "desc", tonumber(ARGV[3])
local found = call("HGET", KEYS[2], "layout")
if found then return redis.error_reply("RKLAYOUT " .. found) end

local rank = call(desc and "ZREVRANK" or "ZRANK", board, ARGV[2])
if not rank then return false end
local listing, fill = desc and "ZREVRANGE" or "ZRANGE", ARGV[5] == "1"
local from = rank - ARGV[4]
local to = from + count - 1
if from < 0 then
	if fill then to = count - 1 end
	from = 0
end
local entries = call(listing, board, from, to, "WITHSCORES")
if fill and #entries < 2 * count and from > 0 then
	-- It is near the end: as many more before it as there are too few behind it.
	from = math.max(0, from + #entries / 2 - count)
	entries = call(listing, board, from, -1, "WITHSCORES")
end
return cjson.encode({ from, 0, entries })
