-- Counts in buckets of one window divided by n: the window's own n, and one more that is partly within it.
-- Configuration: limit, n, width of a bucket in microseconds, "hard" (the oldest bucket counts whole) or "approximate" (it counts
-- by the part of it that is within the window, rounded down).
-- State, a string: <width>:<number of the newest bucket since 1970>:<its count>:<the one before>: ... up to n + 1 counts.
-- Reply: <count of the current bucket>:<the one before>: ... up to n + 1 counts.

kinds["sliding-counter"] = {
	read = function(s, arg)
		s.limit, s.n, s.width = tonumber(ARGV[arg]), tonumber(ARGV[arg + 1]), tonumber(ARGV[arg + 2])
		s.hard, s.counts = ARGV[arg + 3] == "hard", {}
		s.bucket = math.floor(now / s.width)
		s.elapsed = now - s.bucket * s.width
		for i = 1, s.n + 1 do
			s.counts[i] = 0
		end
		local text = load(s)
		if text then
			local width, bucket, list = string.match(text, "^(%d+):(%d+)(:[%d:]+)$")
			if not width then return foreign(s.key) end
			-- After the clock went back, or with buckets of another width, what was counted counts as of now.
			local shift = s.bucket - tonumber(bucket)
			s.changed = s.changed or tonumber(width) ~= s.width or shift < 0
			local i = math.max(0, shift)
			for count in string.gmatch(list, ":(%d+)") do
				i = i + 1
				local place = i
				if tonumber(width) ~= s.width then place = 1 end
				if place <= s.n + 1 then s.counts[place] = s.counts[place] + tonumber(count) end
			end
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
			store(s, "", 0)
			return
		end
		local parts = { string.format("%.0f:%.0f", s.width, s.bucket) }
		for i = 1, last do
			parts[i + 1] = string.format("%.0f", s.counts[i])
		end
		store(s, table.concat(parts, ":"), (s.n + 1) * s.width - s.elapsed)
	end,

	reply = function(s)
		return table.concat(s.counts, ":")
	end,
}
