-- The call limit of one limiter: most calls are this, so it is written straight. What it does not return for goes on to
-- decide.lua, by the rest of the script, which gives the same answers.
-- KEYS[1] state
-- ARGV[1] limit   ARGV[2] window in microseconds   ARGV[3] first-hit or clock   ARGV[4] units
-- Replies a text, which costs less than a list: seconds, microseconds, the units charged, the state.

local value = redis.pcall("GET", KEYS[1])
local units, window = ARGV[4] + 0, ARGV[2] + 0
local ends, count
if not value then
	ends = 0
elseif type(value) == "string" then
	ends, count = string.match(value, "^(%d+):(%d+)$")
	ends = ends and #ends == 16 and ends + 0
end
if ends and ends - now <= window then -- else the clock went back
	local begun = ends > now
	if not begun then
		ends, count, value = now + window, 0, ""
		if ARGV[3] == "clock" then ends = now - now % window + window end
	end
	count = count + units
	if count > ARGV[1] + 0 then return time[1] .. " " .. time[2] .. " 0 " .. value end
	if begun then
		value = string.sub(value, 1, 17) .. count
		redis.call("SET", KEYS[1], value, "KEEPTTL")
	else
		value = string.format("%.0f:%s", ends, count)
		redis.call("SET", KEYS[1], value, "PX", math.ceil((ends - now) / 1000) + 1 .. "")
	end
	return time[1] .. " " .. time[2] .. " " .. ARGV[4] .. " " .. value
end

-- As decide.lua takes them.
local ARGV = { "limit", "fixed-window", ARGV[4], "3", unpack(ARGV, 1, 3) }
