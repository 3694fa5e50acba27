-- The time of every unit in the window (now - window, now], oldest first.
-- Configuration: limit, window in microseconds.
-- State, a list: a time in microseconds for each unit.
-- Reply: granted, count, microseconds until the units that were asked for (one, for as many as fit) do fit, microseconds until
-- the newest unit leaves.

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
	log_push(s.key, now, future)
	redis.call("PEXPIRE", s.key, ttl(s.window))
end

kinds["sliding-log"] = {
	read = function(key, block, arg)
		local s = { key = key, limit = tonumber(ARGV[arg]), window = tonumber(ARGV[arg + 1]) }
		local newest = redis.pcall("LINDEX", key, "-1")
		if newest then
			if type(newest) == "table" then return foreign(key) end
			local at = tonumber(string.match(newest, "^%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d$"))
			if not at then return foreign(key) end
			if at > now then
				log_forgive_future(s)
				at = now
			end
			log_drop_expired(key, now - s.window, at)
		end
		s.block = redis.call("MGET", block)[1]
		s.count = newest and redis.call("LLEN", key) or 0
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
			log_push(s.key, now, s.more)
			redis.call("PEXPIRE", s.key, ttl(s.window))
			s.count = s.count + s.more
		end
	end,

	reply = function(s, wanted)
		local wait, reset = 0, 0
		local blocking = s.count + wanted - s.limit
		if blocking > 0 and wanted <= s.limit then
			wait = tonumber(redis.call("LINDEX", s.key, blocking - 1)) + s.window - now
		end
		if s.count > 0 then reset = tonumber(redis.call("LINDEX", s.key, -1)) + s.window - now end
		return s.count, wait, reset
	end,
}
