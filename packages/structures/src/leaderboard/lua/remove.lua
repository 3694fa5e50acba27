-- Takes members off the board.
-- ARGV[4] expiry, as write.lua has it   ARGV[5…] members
-- Replies how many there were
local removed = 0
for i = 5, #ARGV do
	local place = placeOf(ARGV[i])
	local score = place and call("ZSCORE", board, place)
	if score then
		call("ZREM", board, place)
		forget({ place, score })
		removed = removed + 1
	end
end
expire(ARGV[4])
return removed
