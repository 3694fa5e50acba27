-- Sets the value if it is what the caller expects. A key that does not exist has no value, and is left alone.
-- KEYS[1] key   ARGV[1] expected value   ARGV[2] new value   ARGV[3] time to live in ms, or "" to keep the one it has
-- Replies 1 set, 0 not; WRONGTYPE as GET has it
local value = redis.pcall("GET", KEYS[1])
if type(value) == "table" then return value end
if value ~= ARGV[1] then return 0 end
if ARGV[3] == "" then
  redis.call("SET", KEYS[1], ARGV[2], "KEEPTTL")
else
  redis.call("SET", KEYS[1], ARGV[2], "PX", ARGV[3])
end
return 1
