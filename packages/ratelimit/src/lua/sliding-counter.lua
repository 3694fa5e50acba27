-- Counts in buckets of one window divided by n: the window's own n, and one more that is partly within it.
-- Configuration: limit, n, width of a bucket in microseconds, "hard" (the oldest bucket counts whole) or "approximate" (it counts
-- by the part of it that is within the window, rounded down).
-- State, a string: <width>:<number of the newest bucket since 1970>:<its count>:<the one before>: ... up to n + 1 counts.
-- Reply: granted, microseconds since the newest bucket began, <its count>:<the one before>: ... up to n + 1 counts.

kinds["sliding-counter"] = {
	read = function(key, block, arg)
		local s = {
			key = key,
			limit = tonumber(ARGV[arg]),
			n = tonumber(ARGV[arg + 1]),
			width = tonumber(ARGV[arg + 2]),
			hard = ARGV[arg + 3] == "hard",
			counts = {},
		}
		s.bucket = math.floor(now / s.width)
		s.elapsed = now - s.bucket * s.width
		for i = 1, s.n + 1 do
			s.counts[i] = 0
		end
		local values = redis.call("MGET", key, block)
		s.block = values[2]
		if values[1] then
			local width, bucket, list = string.match(values[1], "^(%d+):(%d+)(:[%d:]+)$")
			if not width then return foreign(key) end
			-- After the clock went back, or with buckets of another width, what was counted counts as of now.
			local shift = s.bucket - tonumber(bucket)
			s.changed = tonumber(width) ~= s.width or shift < 0
			local i = math.max(0, shift)
			for count in string.gmatch(list, ":(%d+)") do
				i = i + 1
				local place = i
				if tonumber(width) ~= s.width then place = 1 end
				if place <= s.n + 1 then s.counts[place] = s.counts[place] + tonumber(count) end
			end
		elseif redis.call("EXISTS", key) == 1 then
			foreign(key) -- MGET gives nil for what is not a string
		end
		return s
	end,

	room = function(s)
		local used = s.counts[s.n + 1]
		if not s.hard then used = math.floor(used * (s.width - s.elapsed) / s.width) end
		for i = 1, s.n do
			used = used + s.counts[i]
		end
		return math.max(0, s.limit - used)
	end,

	charge = function(s, n)
		s.counts[1] = s.counts[1] + n
	end,

	give = function(s, n)
		for i = 1, s.n + 1 do
			local less = math.min(n, s.counts[i])
			s.counts[i] = s.counts[i] - less
			n = n - less
		end
	end,

	write = function(s)
		local last = 0
		for i = 1, s.n + 1 do
			if s.counts[i] > 0 then last = i end
		end
		if last == 0 then
			redis.call("DEL", s.key)
			return
		end
		local parts = { string.format("%.0f:%.0f", s.width, s.bucket) }
		for i = 1, last do
			parts[i + 1] = string.format("%.0f", s.counts[i])
		end
		redis.call("SET", s.key, table.concat(parts, ":"), "PX", ttl((s.n + 1) * s.width - s.elapsed))
	end,

	reply = function(s)
		return s.elapsed, table.concat(s.counts, ":")
	end,
}
