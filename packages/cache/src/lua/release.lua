-- Gives a lease back without a value, and wakes who waits for it.
-- KEYS[1] lease
-- ARGV[1] token   ARGV[2] bus channel, or ""   ARGV[3] message
-- Replies 1 given back, 0 it was not the token's
if redis.call("GET", KEYS[1]) ~= ARGV[1] then return 0 end
redis.call("DEL", KEYS[1])
if ARGV[2] ~= "" then redis.call("PUBLISH", ARGV[2], ARGV[3]) end
return 1
