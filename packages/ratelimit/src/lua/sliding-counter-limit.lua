-- The call limit of one limiter: most calls are this, so it is written straight. What it does not return for goes on to
-- decide.lua, by the rest of the script, which gives the same answers.
-- KEYS[1] state   KEYS[2] block
-- ARGV[1] units   ARGV[2] limit   ARGV[3] n   ARGV[4] width of a bucket in microseconds   ARGV[5] hard or approximate
-- Replies the time in microseconds, the units charged, microseconds since the newest bucket began, the counts of the buckets.

if redis.call("EXISTS", KEYS[2]) == 0 then
	local value = redis.pcall("GET", KEYS[1])
	local units, n, width = ARGV[1] + 0, ARGV[3] + 0, ARGV[4] + 0
	local elapsed = now % width
	local bucket = (now - elapsed) / width
	local counts, used, shift = { 0 }, 0, n + 1
	local before, at, list
	if value then
		shift = -1
		if type(value) == "string" then
			before, at, list = string.match(value, "^(%d+):(%d+)(:[%d:]+)$")
			if before == ARGV[4] then shift = bucket - at end
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
						if ARGV[5] ~= "hard" then used = used + math.floor(count * (width - elapsed) / width) - count end
					end
					counts[i] = count
					used = used + count
				end
			end
		end
	end
	if shift >= 0 then -- else the clock went back, or the buckets were others
		if used + units > ARGV[2] + 0 then return { now, 0, elapsed, table.concat(counts, ":") } end
		counts[1] = counts[1] + units
		list = table.concat(counts, ":")
		value = string.format("%s:%.0f:", ARGV[4], bucket) .. list
		redis.call("SET", KEYS[1], value, "PX", ttl((n + 1) * width - elapsed))
		return { now, units, elapsed, list }
	end
end

-- As decide.lua takes them.
local ARGV = { "limit", "sliding-counter", ARGV[1], "4", unpack(ARGV, 2) }
