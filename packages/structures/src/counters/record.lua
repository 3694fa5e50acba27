-- Counts in the bucket of the present time. When that is a new one, drops the buckets that no window reaches, and those of the future,
-- which were counted while the clock was ahead: they would count again when their time comes.
-- KEYS[1] hash of buckets
-- ARGV[1] how many   ARGV[2] length of a bucket, ms   ARGV[3] how many buckets are kept, that of the present time included
-- Replies 1; -1 the bucket's number would not be exact; -2 the hash holds something else than buckets; nothing is changed then
local time = redis.call("TIME")
local bucket = math.floor((time[1] * 1000 + math.floor(time[2] / 1000)) / ARGV[2])
local name = string.format("%.0f", bucket)
local before = redis.call("HGET", KEYS[1], name)
if before and not string.find(before, "^%d+$") then return -2 end
if before and before + ARGV[1] > 9007199254740991 then return -1 end
local fields = before and {} or redis.call("HKEYS", KEYS[1])
for _, field in ipairs(fields) do
	if not string.find(field, "^%d+$") then return -2 end
end
redis.call("HINCRBY", KEYS[1], name, ARGV[1])
redis.call("PEXPIRE", KEYS[1], ARGV[2] * ARGV[3])
for _, field in ipairs(fields) do
	local age = bucket - tonumber(field)
	if age >= tonumber(ARGV[3]) or age < -1 then redis.call("HDEL", KEYS[1], field) end
end
return 1
