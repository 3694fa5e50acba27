-- Sets a number if it is greater than the one that is there, or none is.
-- KEYS[1] key   ARGV[1] number   ARGV[2] time to live in ms, or "" to keep the one it has
-- Replies 1 set, 0 not; ERR for a value that is no number
local value = redis.call("GET", KEYS[1])
local number = tonumber(value or "-inf")
if not number or number ~= number then return redis.error_reply("ERR value is not a number") end
if value and tonumber(ARGV[1]) <= number then return 0 end
if ARGV[2] == "" then
  redis.call("SET", KEYS[1], ARGV[1], "KEEPTTL")
else
  redis.call("SET", KEYS[1], ARGV[1], "PX", ARGV[2])
end
return 1
