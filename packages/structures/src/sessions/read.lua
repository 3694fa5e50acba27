-- Reads a session, and lets it live on if enough of its idle time has passed, never beyond its deadline.
-- KEYS[1] session
-- ARGV[1] the part of the idle time that passes before it is begun anew, in thousandths; -1: leave it
-- ARGV[2] new idle time, ms, or "" to leave it
-- Replies {version, data, user, created, deadline, idle time, since when it is the user's in microseconds, time to live in ms}, or nil
local found = redis.call("HMGET", KEYS[1], "version", "data", "user", "created", "deadline", "idle", "since")
if not found[1] then return nil end
local left = redis.call("PTTL", KEYS[1])
local idle = tonumber(found[6])
local threshold = tonumber(ARGV[1])
if ARGV[2] ~= "" and ARGV[2] ~= found[6] then
	idle = tonumber(ARGV[2])
	found[6] = ARGV[2]
	redis.call("HSET", KEYS[1], "idle", ARGV[2])
	threshold = 0
	left = -1
end
if threshold >= 0 and left * 1000 <= idle * (1000 - threshold) then
	local time = redis.call("TIME")
	left = math.min(idle, found[5] - time[1] * 1000 - math.floor(time[2] / 1000))
	-- 0 or less deletes it: its deadline has passed by this server's clock.
	redis.call("PEXPIRE", KEYS[1], left)
	if left <= 0 then return nil end
end
found[8] = left
return found
