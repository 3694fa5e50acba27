-- Drops the buckets of the future, which were counted while the clock was ahead: they would count again when their time comes.
-- KEYS[1] hash of buckets
-- ARGV[1] length of a bucket, ms
-- Replies 1
local time = redis.call("TIME")
local bucket = math.floor((time[1] * 1000 + math.floor(time[2] / 1000)) / ARGV[1])
for _, field in ipairs(redis.call("HKEYS", KEYS[1])) do
	if tonumber(field) > bucket + 1 then redis.call("HDEL", KEYS[1], field) end
end
return 1
