-- What the scripts have in common that write.
local LARGEST_TURN = 9007199254740991

-- Writes a member's score; `mode` is set, incr, high or low. Gives its place, its score, and whether that changed; or nil and the
-- score that would be beyond `most`, where scores are not exact.
local function put(member, place, previous, score, mode, most)
	local new = score + 0
	if previous then
		local old = tonumber(previous)
		if mode == "incr" then
			new = old + new
			-- Before they are compared: beyond what is exact, a sum may be rounded to what was there.
			if new ~= new or (math.abs(new) > tonumber(most) and math.abs(new) ~= math.huge) then
				return nil, string.format("%.17g", new)
			end
		end
		if new == old or (mode == "high" and new < old) or (mode == "low" and new > old) then
			return place, previous, false
		end
	end
	local text = string.format("%.17g", new)
	if KEYS[3] then call("HSET", KEYS[2], "layout", ARGV[1]) end
	if timed ~= "" then
		if place then call("ZREM", board, place) end
		local turn = call("HINCRBY", KEYS[2], "turn", 1)
		if timed == "first-desc" or timed == "last-asc" then turn = LARGEST_TURN - turn end
		place = string.format("%016.0f:", turn) .. member
		call("HSET", KEYS[3], member, place)
	end
	call("ZADD", board, text, place)
	if dense then
		if previous and call("ZCOUNT", board, previous, previous) == 0 then
			call("ZREMRANGEBYSCORE", KEYS[4], previous, previous)
		end
		call("ZADD", KEYS[4], text, text)
	end
	return place, text, true
end

-- `data` is "=" and the member's data, "-" to take it away, or "" to leave it.
local function describe(member, data)
	local what = string.sub(data, 1, 1)
	if what == "=" then call("HSET", KEYS[5], member, string.sub(data, 2)) end
	if what == "-" then call("HDEL", KEYS[5], member) end
end

-- After entries {place, score, …} have left the sorted set.
local function forget(entries)
	if not KEYS[3] then return end
	for i = 1, #entries, 2 do
		local member, score = memberAt(entries[i]), entries[i + 1]
		if timed ~= "" then call("HDEL", KEYS[3], member) end
		if described then call("HDEL", KEYS[5], member) end
		if dense and score ~= entries[i + 3] and call("ZCOUNT", board, score, score) == 0 then
			call("ZREMRANGEBYSCORE", KEYS[4], score, score)
		end
	end
	if call("EXISTS", board) == 0 then call("UNLINK", unpack(KEYS, 2)) end
end

-- Takes the last ones off the board until it has `size` members, or `limit` are gone. Gives how many went.
local function trim(size, limit)
	local excess = math.min(call("ZCARD", board) - size, limit)
	if excess <= 0 then return 0 end
	local from, to = -excess, -1
	if desc then from, to = 0, excess - 1 end
	local gone = KEYS[3] and call("ZRANGE", board, from, to, "WITHSCORES")
	call("ZREMRANGEBYRANK", board, from, to)
	forget(gone or {})
	return excess
end

-- `expiry` is "" for none, a time to live in ms, or "@" and a Unix time in ms. All keys get the same moment.
local function expire(expiry)
	if expiry == "" then return end
	local at = string.match(expiry, "^@(%d+)")
	if not at then
		local now = call("TIME")
		at = string.format("%.0f", now[1] * 1000 + math.floor(now[2] / 1000) + expiry)
	end
	for i = 1, #KEYS do call("PEXPIREAT", KEYS[i], at) end
end
