-- The time of every unit in the window (now - window, now], oldest first.
-- Configuration: limit, window in microseconds.
-- State, a list: a time in microseconds for each unit; behind them the block, if there is one.
-- Reply: count, the time of the unit that has to leave before the units that were asked for (one, for as many as fit) do fit, that of
-- the newest unit; 0 where there is none.

-- Units that seem to come from the future, since the clock went back, are taken to be of now.
local function log_forgive_future(s)
	local future = 0
	while true do
		local some = redis.call("LRANGE", s.key, -future - 32, -future - 1)
		local before = future
		for i = #some, 1, -1 do
			if tonumber(some[i]) <= now then break end
			future = future + 1
		end
		if future - before < 32 then break end
	end
	if future == 0 then return end
	redis.call("RPOP", s.key, future)
	log_push(s.key, string.format("%.0f", now), future)
	redis.call("PEXPIRE", s.key, ttl(s.window))
end

kinds["sliding-log"] = {
	read = function(s, arg)
		local key = s.key
		s.limit, s.window, s.count = tonumber(ARGV[arg]), tonumber(ARGV[arg + 1]), 0
		local newest = redis.pcall("LINDEX", key, "-1")
		if type(newest) == "table" then return foreign(key) end
		local before, blocked
		if newest then before, blocked = without_block(s, newest) end
		if blocked and before == "" then
			-- A denial writes nothing, and does not ask what is free.
			if s.block and (ARGV[1] == "limit" or ARGV[1] == "upto" or ARGV[1] == "peek") then return s end
			redis.call("RPOP", key) -- it is written again behind what is charged
			newest = redis.call("LINDEX", key, "-1")
		end
		if newest then
			local at = tonumber(string.match(newest, "^%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d$"))
			if not at then return foreign(key) end
			if at > now then
				log_forgive_future(s)
				at = now
			end
			log_drop_expired(key, now - s.window, at)
		end
		if newest then s.count = redis.call("LLEN", key) end
		return s
	end,

	room = function(s)
		return math.max(0, s.limit - s.count)
	end,

	charge = function(s, n)
		s.more = n
	end,

	give = function(s, n)
		s.less = math.min(n, s.count)
	end,

	write = function(s)
		if s.less and s.less > 0 then
			redis.call("RPOP", s.key, s.less) -- the newest: that undoes the charge just made
			s.count = s.count - s.less
		elseif s.more and s.more > 0 then
			log_push(s.key, string.format("%.0f", now), s.more)
			s.count = s.count + s.more
		end
		local lasts = 0
		if s.count > 0 then lasts = redis.call("LINDEX", s.key, "-1") + s.window - now end -- until the newest unit leaves
		if s.block then
			redis.call("RPUSH", s.key, s.block.text)
			lasts = math.max(lasts, s.block.ends - now)
		end
		redis.call("PEXPIRE", s.key, ttl(lasts))
	end,

	reply = function(s, wanted)
		local wait, newest = "0", "0"
		local blocking = s.count + wanted - s.limit
		if blocking > 0 and wanted <= s.limit then wait = redis.call("LINDEX", s.key, blocking - 1) end
		if s.count > 0 then newest = redis.call("LINDEX", s.key, s.count - 1) end
		return s.count, wait, newest
	end,
}
