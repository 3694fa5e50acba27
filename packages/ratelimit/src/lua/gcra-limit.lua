-- The call limit of one limiter, by its own limit and a state that is of it: most calls are this, so it is written straight.
-- What it does not return for goes on to decide.lua, by the rest of the script, which gives the same answers.
-- KEYS[1] state
-- ARGV[1] burst   ARGV[2] P   ARGV[3] R   ARGV[4] mark: see gcra.lua   ARGV[5] units
-- Replies a text, which costs less than a list: seconds, microseconds, the units charged, the state.

local value = redis.pcall("GET", KEYS[1])
local q, r
if not value then
	q, r, value = now, 0, ""
elseif type(value) == "string" and string.sub(value, 17, 19) == ARGV[4] then
	q = tonumber(string.sub(value, 1, 16))
	r = #value == 19 and 0 or tonumber(string.match(value, "^:(%d+)$", 20))
	if q and r and q < now then q, r = now, 0 end
end
if q and r then
	local burst, p, parts, units = ARGV[1] + 0, ARGV[2] + 0, ARGV[3] + 0, ARGV[5] + 0
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
		if units > burst or longer > most or (longer == most and sum > rest) then
			return time[1] .. " " .. time[2] .. " 0 " .. value
		end
		q, r = q + longer, r + sum
		if r >= parts then q, r = q + 1, r - parts end
		local low = q % 100000000
		value = string.format("%d%08d%s", (q - low) / 100000000, low, ARGV[4]) -- %.0f takes twice as long
		if r > 0 then value = value .. ":" .. r end
		redis.call("SET", KEYS[1], value, "PX", math.ceil((q - now + 1) / 1000) + 1 .. "")
		return time[1] .. " " .. time[2] .. " " .. ARGV[5] .. " " .. value
	end
end

-- As decide.lua takes them.
local ARGV = { "limit", "gcra", ARGV[5], "4", unpack(ARGV, 1, 4) }
