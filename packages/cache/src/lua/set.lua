-- Writes a value, and takes the lease from a load that began earlier.
-- KEYS[1] value   KEYS[2] lease
-- ARGV[1] value   ARGV[2] time to live in ms, 0 for none   ARGV[3] bus channel, or ""   ARGV[4] message
-- Replies 1
if ARGV[2] == "0" then
	redis.call("SET", KEYS[1], ARGV[1])
else
	redis.call("SET", KEYS[1], ARGV[1], "PX", ARGV[2])
end
redis.call("DEL", KEYS[2])
if ARGV[3] ~= "" then redis.call("PUBLISH", ARGV[3], ARGV[4]) end
return 1
