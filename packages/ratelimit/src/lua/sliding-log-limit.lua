-- The call limit of one limiter: most calls are this, so it is written straight. What it does not return for goes on to
-- decide.lua, by the rest of the script, which gives the same answers.
-- KEYS[1] state   KEYS[2] block
-- ARGV[1] units   ARGV[2] limit   ARGV[3] window in microseconds
-- Replies the time in microseconds, the units charged, count, microseconds until the units fit, microseconds until the newest
-- unit leaves.

if redis.call("EXISTS", KEYS[2]) == 0 then
	local newest = redis.pcall("LINDEX", KEYS[1], "-1")
	local units, limit, window = ARGV[1] + 0, ARGV[2] + 0, ARGV[3] + 0
	local count
	if not newest then
		count = 0
	elseif type(newest) == "string" and #newest == 16 and not string.find(newest, "%D") then
		newest = newest + 0
		if newest <= now then -- else the clock went back
			log_drop_expired(KEYS[1], now - window, newest)
			count = redis.call("LLEN", KEYS[1])
		end
	end
	if count then
		local granted = 0
		if count + units <= limit then
			log_push(KEYS[1], now, units)
			redis.call("PEXPIRE", KEYS[1], ttl(window))
			granted, count, newest = units, count + units, now
		end
		local wait, reset, blocking = 0, 0, count + units - limit
		if blocking > 0 and units <= limit then wait = redis.call("LINDEX", KEYS[1], blocking - 1) + window - now end
		if count > 0 then reset = newest + window - now end
		return { now, granted, count, wait, reset }
	end
end

-- As decide.lua takes them.
local ARGV = { "limit", "sliding-log", ARGV[1], "2", unpack(ARGV, 2) }
