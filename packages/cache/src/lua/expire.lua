-- Marks a value as past its time, in place, and takes the lease from a load that began earlier.
-- KEYS[1] value   KEYS[2] lease
-- ARGV[1] first two bytes of a value that can be marked   ARGV[2] bus channel, or ""   ARGV[3] message
-- Replies 1 marked, 0 there is none
local marked = 0
if redis.call("GETRANGE", KEYS[1], 0, 1) == ARGV[1] then
	redis.call("SETRANGE", KEYS[1], 2, "\1")
	marked = 1
end
redis.call("DEL", KEYS[2])
if ARGV[2] ~= "" then redis.call("PUBLISH", ARGV[2], ARGV[3]) end
return marked
