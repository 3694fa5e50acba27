-- A counter that begins anew with each window.
-- Configuration: limit, window in microseconds, "first-hit" or "clock".
-- State, a string: <end of the window>:<count>, in microseconds.
-- Reply: the state.

local function window_end(s)
	if s.align == "clock" then return (math.floor(now / s.window) + 1) * s.window end
	return now + s.window
end

kinds["fixed-window"] = {
	read = function(s, arg)
		s.limit, s.window, s.align = tonumber(ARGV[arg]), tonumber(ARGV[arg + 1]), ARGV[arg + 2]
		s.count = 0
		local text = load(s)
		if text then
			local ends, count = string.match(text, "^(%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d):(%d+)$")
			if not ends then return foreign(s.key) end
			if tonumber(ends) > now then s.ends, s.count = tonumber(ends), tonumber(count) end
		end
		-- The clock went back, or the window was longer once: what was counted counts, but for no longer than a window.
		if not s.ends or s.ends - now > s.window then
			s.changed = s.changed or s.ends ~= nil
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
			store(s, "", 0)
		else
			store(s, string.format("%.0f:%.0f", s.ends, s.count), s.ends - now)
		end
	end,

	reply = function(s)
		return string.format("%.0f:%.0f", s.ends, s.count)
	end,
}
