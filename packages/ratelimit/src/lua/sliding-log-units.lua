-- How units come into a log and leave it, for both of its ways.

local function log_push(key, text, n)
	if n == 1 then
		redis.call("RPUSH", key, text)
		return
	end
	while n > 0 do
		local some = math.min(n, 1000) -- unpack takes some thousands
		local copies = {}
		for i = 1, some do
			copies[i] = text
		end
		redis.call("RPUSH", key, unpack(copies))
		n = n - some
	end
end

-- Drops the units of that time and before. Most often none or one is, so it looks from the oldest on in steps that double, and
-- from there on in steps that halve.
local function log_drop_expired(key, edge, newest)
	if newest <= edge then
		redis.call("DEL", key)
		return
	end
	if redis.call("LINDEX", key, "0") + 0 > edge then return end
	local last, step = 0, 1
	local at = redis.call("LINDEX", key, "1")
	while at and at + 0 <= edge do
		last, step = last + step, step * 2
		at = redis.call("LINDEX", key, last + step)
	end
	while step > 1 do
		step = step / 2
		at = redis.call("LINDEX", key, last + step)
		if at and at + 0 <= edge then last = last + step end
	end
	redis.call("LPOP", key, last + 1)
end
