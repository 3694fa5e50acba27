-- What add.lua does, written straight for a board that is a sorted set and nothing else, has no most members, and ranks by place.
-- KEYS[1] the board   KEYS[2] where its layout is if it is another
-- ARGV[1] "desc" or "asc"   ARGV[2] mode: set, incr, high or low   ARGV[3] member   ARGV[4] score or increment
-- ARGV[5] greatest sum, either way   ARGV[6], ARGV[7] the command that has the board expire, and milliseconds; left out: none
-- Replies {score, 1 if it changed or 0, previous score or nil, previous rank or nil, rank}, or the errors RKLAYOUT and RKSCORE
local call, board, mode, member, score = redis.call, KEYS[1], ARGV[2], ARGV[3], ARGV[4]
local found = call("HGET", KEYS[2], "layout")
if found then return redis.error_reply("RKLAYOUT " .. found) end

local placing = ARGV[1] == "desc" and "ZREVRANK" or "ZRANK"
local previous, before, changed = call("ZSCORE", board, member), false, 1
if previous then
	before = call(placing, board, member) + 1
	local old, new = tonumber(previous), tonumber(score)
	if mode == "incr" then
		new = old + new
		score = string.format("%.17g", new)
		-- Before they are compared: beyond what is exact, a sum may be rounded to what was there.
		if new ~= new or (math.abs(new) > tonumber(ARGV[5]) and math.abs(new) ~= math.huge) then
			return redis.error_reply("RKSCORE " .. score)
		end
	end
	if new == old or (mode == "high" and new < old) or (mode == "low" and new > old) then
		score, changed = previous, 0
	end
end
local rank = before
if changed == 1 then
	call("ZADD", board, score, member)
	rank = call(placing, board, member) + 1
end
if ARGV[6] then call(ARGV[6], board, ARGV[7]) end
return { score, changed, previous, before, rank }
