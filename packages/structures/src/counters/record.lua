-- Counts in the bucket of the present time, and drops the buckets that no window reaches.
-- KEYS[1] hash of buckets
-- ARGV[1] how many   ARGV[2] length of a bucket, ms   ARGV[3] how many buckets are kept, that of the present time included
-- Replies 1
local time = redis.call("TIME")
local bucket = math.floor((time[1] * 1000 + math.floor(time[2] / 1000)) / ARGV[2])
redis.call("HINCRBY", KEYS[1], string.format("%.0f", bucket), ARGV[1])
redis.call("PEXPIRE", KEYS[1], ARGV[2] * ARGV[3])
if redis.call("HLEN", KEYS[1]) > tonumber(ARGV[3]) then
	for _, field in ipairs(redis.call("HKEYS", KEYS[1])) do
		local age = bucket - tonumber(field)
		if age >= tonumber(ARGV[3]) or age < -1 then redis.call("HDEL", KEYS[1], field) end
	end
end
return 1
