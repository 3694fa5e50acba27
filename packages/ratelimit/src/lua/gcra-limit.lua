-- The call limit of one limiter, by its own limit and a state that is of it: most calls are this, so it is written straight.
-- What it does not return for goes on to decide.lua, by the rest of the script, which gives the same answers.
-- KEYS[1] state   KEYS[2] block
-- ARGV[1] units   ARGV[2] burst   ARGV[3] P   ARGV[4] R   ARGV[5] mark: see gcra.lua
-- Replies the time in microseconds, the units charged, q - now, r.

if redis.call("EXISTS", KEYS[2]) == 0 then
	local value = redis.pcall("GET", KEYS[1])
	local q, r
	if not value then
		q, r = now, 0
	elseif type(value) == "string" then
		local digits = (string.find(value, "%D") or #value + 1) - 1
		if digits == 19 and string.sub(value, 17, 19) == ARGV[5] then
			q, r = string.sub(value, 1, 16) + 0, 0
			if #value > 19 then r = tonumber(string.match(value, "^:(%d+)$", 20)) end
			if q < now then q, r = now, r and 0 end
		end
	end
	if r then
		local units, burst, p, parts = ARGV[1] + 0, ARGV[2] + 0, ARGV[3] + 0, ARGV[4] + 0
		local part = p % parts
		local whole = (p - part) / parts
		local rest = burst * part
		local most = burst * whole - (q - now)
		if rest > 0 then
			rest = rest % parts
			most = most + (burst * part - rest) / parts
		end
		rest = rest - r
		if rest < 0 then most, rest = most - 1, rest + parts end
		if most >= 0 then -- else it has to be cut
			local sum = units * part
			local longer = units * whole
			if sum > 0 then
				longer = longer + (sum - sum % parts) / parts
				sum = sum % parts
			end
			if units > burst or longer > most or (longer == most and sum > rest) then return { now, 0, q - now, r } end
			q, r = q + longer, r + sum
			if r >= parts then q, r = q + 1, r - parts end
			value = string.format("%.0f", q) .. ARGV[5]
			if r > 0 then value = value .. ":" .. r end
			redis.call("SET", KEYS[1], value, "PX", ttl(q - now + 1))
			return { now, units, q - now, r }
		end
	end
end

-- As decide.lua takes them.
local ARGV = { "limit", "gcra", ARGV[1], "4", unpack(ARGV, 2) }
