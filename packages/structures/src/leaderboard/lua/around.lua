-- Entries about a member.
-- ARGV[4] "1": with data, or ""   ARGV[5] member   ARGV[6] how many, it included   ARGV[7] "1": as many at the edges of the board, or ""
-- Replies as list.lua says, or nil if the member is not there
local place = placeOf(ARGV[5])
local rank = place and call(desc and "ZREVRANK" or "ZRANK", board, place)
if not rank then return false end
local count = tonumber(ARGV[6])
local from = rank - math.floor((count - 1) / 2)
local to = from + count - 1
if ARGV[7] == "1" then
	local size = call("ZCARD", board)
	if to >= size then from, to = size - count, size - 1 end
	if from < 0 then from, to = 0, count - 1 end
end
return list(math.max(0, from), to, ARGV[4])
