-- Makes a session, unless its key is taken: by a session, or by what a rotated or destroyed one has left.
-- KEYS[1] session
-- ARGV[1] data   ARGV[2] user, or ""   ARGV[3] idle time, ms   ARGV[4] longest life, ms
-- Replies 1 made, 0 there is such a session, -1 there was one
if redis.call("EXISTS", KEYS[1]) == 1 then
	if redis.call("HEXISTS", KEYS[1], "version") == 1 then return 0 end
	return -1
end
local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local created, since = string.format("%.0f", now), string.format("%.0f", time[1] * 1000000 + time[2])
redis.call("HSET", KEYS[1], "version", 1, "data", ARGV[1], "user", ARGV[2], "idle", ARGV[3],
	"created", created, "since", since, "deadline", string.format("%.0f", now + ARGV[4]))
redis.call("PEXPIRE", KEYS[1], math.min(ARGV[3], ARGV[4]))
return 1
