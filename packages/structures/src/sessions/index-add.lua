-- Enters a session in its user's index, where it stays longer than it can live, and drops what cannot live any more.
-- KEYS[1] index of the user: handles, by the Unix time in ms at which they are dropped
-- ARGV[1] handle   ARGV[2] how long it stays, ms   ARGV[3] until when at least, Unix ms
-- Replies how many there are
local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local stay = math.max(ARGV[2], ARGV[3] - now)
redis.call("ZREMRANGEBYSCORE", KEYS[1], "-inf", now)
redis.call("ZADD", KEYS[1], "GT", now + stay, ARGV[1])
if redis.call("PTTL", KEYS[1]) < stay then redis.call("PEXPIRE", KEYS[1], stay) end
return redis.call("ZCARD", KEYS[1])
