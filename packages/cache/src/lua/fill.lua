-- Writes what was loaded, if nothing has invalidated the key since the lease was taken: then the lease is gone, or another's.
-- KEYS[1] value   KEYS[2] lease
-- ARGV[1] token   ARGV[2] value   ARGV[3] time to live in ms, 0 for none   ARGV[4] bus channel, or ""   ARGV[5] message
-- Replies 1 written, 0 not
if redis.call("GET", KEYS[2]) ~= ARGV[1] then return 0 end
if ARGV[3] == "0" then
	redis.call("SET", KEYS[1], ARGV[2])
else
	redis.call("SET", KEYS[1], ARGV[2], "PX", ARGV[3])
end
redis.call("DEL", KEYS[2])
if ARGV[4] ~= "" then redis.call("PUBLISH", ARGV[4], ARGV[5]) end
return 1
