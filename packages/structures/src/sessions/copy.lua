-- Puts a copy of a session at a new key, which only its maker knows yet; again, if the session was changed meanwhile.
-- KEYS[1] the new key
-- ARGV[1] version   ARGV[2] data   ARGV[3] user, or ""   ARGV[4] idle time, ms   ARGV[5] created   ARGV[6] deadline, each
-- in Unix ms   ARGV[7] since when it is the user's, in microseconds
-- Replies 1 done, -1 it was destroyed, or its deadline has passed
if redis.call("EXISTS", KEYS[1]) == 1 and redis.call("HEXISTS", KEYS[1], "version") == 0 then return -1 end
local time = redis.call("TIME")
local left = math.min(ARGV[4], ARGV[6] - time[1] * 1000 - math.floor(time[2] / 1000))
if left <= 0 then return -1 end
redis.call("HSET", KEYS[1], "version", ARGV[1], "data", ARGV[2], "user", ARGV[3], "idle", ARGV[4],
	"created", ARGV[5], "deadline", ARGV[6], "since", ARGV[7])
redis.call("PEXPIRE", KEYS[1], left)
return 1
