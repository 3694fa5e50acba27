-- Denies everything for a time, by the server's clock.
-- KEYS[1] block
-- ARGV[1] milliseconds   ARGV[2] the reason
-- Replies 1
local time = redis.call("TIME")
local ends = tonumber(time[1]) * 1000000 + tonumber(time[2]) + tonumber(ARGV[1]) * 1000
redis.call("SET", KEYS[1], string.format("%.0f:", ends) .. ARGV[2], "PX", string.format("%.0f", ARGV[1] + 1))
return 1
