-- Writes the scores of several members, in their order.
-- ARGV[4] expiry, as write.lua has it   ARGV[5] most members, or ""   ARGV[6] greatest sum, either way
-- ARGV[7] mode: set, incr, high or low   ARGV[8…] score or increment, and member, of each; where the layout has data, data behind them, as write.lua has it
-- Replies {new members, changed scores}, or the error RKSCORE, when those before it are written
local before, size = call("ZCARD", board), #ARGV
local changes, refused = 0, nil
if KEYS[3] or ARGV[7] == "incr" then
	local stride = described and 3 or 2
	for i = 8, size, stride do
		local member = ARGV[i + 1]
		local place = placeOf(member)
		local previous = place and call("ZSCORE", board, place)
		local now, score, changed = put(member, place, previous, ARGV[i], ARGV[7], ARGV[6])
		if not now then refused = score break end
		if described then describe(member, ARGV[i + 2]) end
		if changed then changes = changes + 1 end
	end
elseif ARGV[7] == "set" then
	changes = call("ZADD", board, "CH", unpack(ARGV, 8))
else
	changes = call("ZADD", board, ARGV[7] == "high" and "GT" or "LT", "CH", unpack(ARGV, 8))
end
local added = call("ZCARD", board) - before
if ARGV[5] ~= "" then trim(tonumber(ARGV[5]), 1000) end
expire(ARGV[4])
if refused then return redis.error_reply("RKSCORE " .. refused) end
return { added, changes - added }
