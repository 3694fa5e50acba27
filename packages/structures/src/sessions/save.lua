-- Writes a session's data if nobody has since it was read. It never makes one: what was destroyed stays so.
-- KEYS[1] session
-- ARGV[1] version that was read   ARGV[2] data   ARGV[3] new idle time, ms, or "" to leave it
-- ARGV[4] user, "" for none; left out: as before
-- Replies the new version, 0 it has another version, -1 there is no session
local found = redis.call("HMGET", KEYS[1], "version", "deadline", "idle", "user")
if not found[1] then return -1 end
if found[1] ~= ARGV[1] then return 0 end
local time = redis.call("TIME")
local idle = ARGV[3] == "" and found[3] or ARGV[3]
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local left = math.min(idle, found[2] - now)
if left <= 0 then
	redis.call("DEL", KEYS[1])
	return -1
end
redis.call("HSET", KEYS[1], "data", ARGV[2], "idle", idle)
if ARGV[4] and ARGV[4] ~= found[4] then
	redis.call("HSET", KEYS[1], "user", ARGV[4], "since",
		string.format("%.0f", time[1] * 1000000 + time[2]))
end
redis.call("PEXPIRE", KEYS[1], left)
return redis.call("HINCRBY", KEYS[1], "version", 1)
