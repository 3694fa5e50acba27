-- Counts the elements, and lets a key that has no time to live expire. What is set is never moved.
-- KEYS[1] HyperLogLog
-- ARGV[1] PEXPIRE or PEXPIREAT   ARGV[2] its time, ms   ARGV[3] and so on: the elements, 1000 at most
-- Replies 1 the estimate may have changed, 0 it has not
local changed = redis.call("PFADD", KEYS[1], unpack(ARGV, 3))
redis.call(ARGV[1], KEYS[1], ARGV[2], "NX")
return changed
