-- What every limiter's script begins with: the time, read once, and how long a key lives.

local time = redis.call("TIME")
local now = time[1] * 1000000 + time[2] -- microseconds

-- Milliseconds, rounded up, so that a key never goes before its state has nothing to say.
local function ttl(us)
	return math.ceil(us / 1000) + 1 .. ""
end
