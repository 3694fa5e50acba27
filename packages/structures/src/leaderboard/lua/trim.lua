-- Takes the last ones off the board.
-- ARGV[4] expiry, as write.lua has it   ARGV[5] how many may stay   ARGV[6] how many may go at once
-- Replies how many went
local gone = trim(tonumber(ARGV[5]), tonumber(ARGV[6]))
expire(ARGV[4])
return gone
