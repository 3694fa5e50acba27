-- The call limit of one limiter: most calls are this, so it is written straight. What it does not return for goes on to
-- decide.lua, by the rest of the script, which gives the same answers.
-- KEYS[1] state
-- ARGV[1] limit   ARGV[2] n   ARGV[3] width of a bucket in microseconds   ARGV[4] hard or approximate   ARGV[5] units
-- Replies a text, which costs less than a list: seconds, microseconds, the units charged, the counts of the buckets.

local value = redis.pcall("GET", KEYS[1])
local units, n, width = ARGV[5] + 0, ARGV[2] + 0, ARGV[3] + 0
local elapsed = now % width
local bucket = (now - elapsed) / width
local counts, used, shift = { 0 }, 0, n + 1
local before, at, list
if value then
	shift = -1
	if type(value) == "string" then
		before, at, list = string.match(value, "^(%d+):(%d+)(:[%d:]+)$")
		if before == ARGV[3] then shift = bucket - at end
		if shift >= 0 and shift <= n then
			for empty = 1, shift do
				counts[empty] = "0"
			end
			local i = shift
			for count in string.gmatch(list, "%d+") do
				i = i + 1
				if i > n then
					if i > n + 1 then break end
					-- The oldest is partly within the window.
					if ARGV[4] ~= "hard" then used = used + math.floor(count * (width - elapsed) / width) - count end
				end
				counts[i] = count
				used = used + count
			end
		end
	end
end
if shift >= 0 then -- else the clock went back, or the buckets were others
	if used + units > ARGV[1] + 0 then return time[1] .. " " .. time[2] .. " 0 " .. table.concat(counts, ":") end
	counts[1] = counts[1] + units
	list = table.concat(counts, ":")
	value = string.format("%s:%.0f:", ARGV[3], bucket) .. list
	redis.call("SET", KEYS[1], value, "PX", math.ceil(((n + 1) * width - elapsed) / 1000) + 1 .. "")
	return time[1] .. " " .. time[2] .. " " .. ARGV[5] .. " " .. list
end

-- As decide.lua takes them.
local ARGV = { "limit", "sliding-counter", ARGV[5], "4", unpack(ARGV, 1, 4) }
