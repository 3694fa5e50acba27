-- A counter that begins anew with each window.
-- Configuration: limit, window in microseconds, "first-hit" or "clock".
-- State, a string: <end of the window>:<count>, in microseconds.
-- Reply: granted, count, microseconds to the end of the window.

local function window_end(s)
	if s.align == "clock" then return (math.floor(now / s.window) + 1) * s.window end
	return now + s.window
end

kinds["fixed-window"] = {
	read = function(key, block, arg)
		local s = { key = key, limit = tonumber(ARGV[arg]), window = tonumber(ARGV[arg + 1]), align = ARGV[arg + 2] }
		local values = redis.call("MGET", key, block)
		s.block, s.count = values[2], 0
		if values[1] then
			local ends, count = string.match(values[1], "^(%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d):(%d+)$")
			if not ends then return foreign(key) end
			if tonumber(ends) > now then s.ends, s.count = tonumber(ends), tonumber(count) end
		elseif redis.call("EXISTS", key) == 1 then
			foreign(key) -- MGET gives nil for what is not a string
		end
		-- The clock went back, or the window was longer once: what was counted counts, but for no longer than a window.
		if not s.ends or s.ends - now > s.window then
			s.changed = s.ends ~= nil
			s.ends = window_end(s)
		end
		return s
	end,

	room = function(s)
		return math.max(0, s.limit - s.count)
	end,

	charge = function(s, n)
		s.count = s.count + n
	end,

	give = function(s, n)
		s.count = math.max(0, s.count - n)
	end,

	write = function(s)
		if s.count == 0 then
			redis.call("DEL", s.key)
			return
		end
		redis.call("SET", s.key, string.format("%.0f:%.0f", s.ends, s.count), "PX", ttl(s.ends - now))
	end,

	reply = function(s)
		return s.count, s.ends - now
	end,
}
