-- The call limit of one limiter: most calls are this, so it is written straight. What it does not return for goes on to
-- decide.lua, by the rest of the script, which gives the same answers.
-- KEYS[1] state   KEYS[2] block
-- ARGV[1] units   ARGV[2] limit   ARGV[3] window in microseconds   ARGV[4] first-hit or clock
-- Replies the time in microseconds, the units charged, count, microseconds to the end of the window.

if redis.call("EXISTS", KEYS[2]) == 0 then
	local value = redis.pcall("GET", KEYS[1])
	local units, window = ARGV[1] + 0, ARGV[3] + 0
	local ends, count
	if not value then
		ends = 0
	elseif type(value) == "string" then
		ends, count = string.match(value, "^(%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d):(%d+)$")
		if ends then ends = ends + 0 end
	end
	if ends and ends - now <= window then -- else the clock went back
		local begun = ends > now
		if not begun then
			ends, count = now + window, 0
			if ARGV[4] == "clock" then ends = now - now % window + window end
		end
		if count + units > ARGV[2] + 0 then return { now, 0, count + 0, ends - now } end
		count = count + units
		if begun then
			redis.call("SET", KEYS[1], string.sub(value, 1, 17) .. count, "KEEPTTL")
		else
			redis.call("SET", KEYS[1], string.format("%.0f:", ends) .. count, "PX", ttl(ends - now))
		end
		return { now, units, count, ends - now }
	end
end

-- As decide.lua takes them.
local ARGV = { "limit", "fixed-window", ARGV[1], "3", unpack(ARGV, 2) }
