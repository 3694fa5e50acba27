-- Reads the buckets of a windowed counter.
-- KEYS[1] hash of buckets
-- Replies {the time: seconds, microseconds; the hash, flat}
return { redis.call("TIME"), redis.call("HGETALL", KEYS[1]) }
