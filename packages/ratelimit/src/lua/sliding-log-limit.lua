-- The call limit of one limiter: most calls are this, so it is written straight. What it does not return for goes on to
-- decide.lua, by the rest of the script, which gives the same answers.
-- KEYS[1] state
-- ARGV[1] limit   ARGV[2] window in microseconds   ARGV[3] units
-- Replies a text, which costs less than a list: seconds, microseconds, the units charged, count, the time of the unit that
-- has to leave before the units fit, that of the newest unit; 0 where there is none.

local newest = redis.pcall("LINDEX", KEYS[1], "-1")
local units, limit, window = ARGV[3] + 0, ARGV[1] + 0, ARGV[2] + 0
local count
if not newest then
	count, newest = 0, "0"
elseif type(newest) == "string" and #newest == 16 and not string.find(newest, "%D") then
	if newest + 0 <= now then -- else the clock went back
		log_drop_expired(KEYS[1], now - window, newest + 0)
		count = redis.call("LLEN", KEYS[1])
		if count == 0 then newest = "0" end
	end
end
if count then
	local granted, wait = "0", "0"
	if count + units <= limit then
		newest = time[1] .. string.format("%06d", time[2])
		log_push(KEYS[1], newest, units)
		redis.call("PEXPIRE", KEYS[1], math.ceil(window / 1000) + 1 .. "")
		granted, count = ARGV[3], count + units
	end
	local blocking = count + units - limit
	if blocking > 0 and units <= limit then wait = redis.call("LINDEX", KEYS[1], blocking - 1) end
	return time[1] .. " " .. time[2] .. " " .. granted .. " " .. count .. " " .. wait .. " " .. newest
end

-- As decide.lua takes them.
local ARGV = { "limit", "sliding-log", ARGV[3], "2", unpack(ARGV, 1, 2) }
