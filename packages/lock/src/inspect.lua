-- Reads the lock.
-- KEYS[1] lock key
-- ARGV[1] channel of those who wait, or ""
-- Replies {value or "", time to live in ms: -1 none, -2 no lock; listeners of the channel}
local value = redis.call("GET", KEYS[1]) or ""
local listeners = ARGV[1] ~= "" and redis.pcall("PUBSUB", "SHARDNUMSUB", ARGV[1])[2]
return { value, redis.call("PTTL", KEYS[1]), listeners or 0 }
