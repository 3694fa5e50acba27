-- Deletes the key if its value is what the caller expects.
-- KEYS[1] key   ARGV[1] expected value
-- Replies 1 deleted, 0 not; WRONGTYPE as GET has it
local value = redis.pcall("GET", KEYS[1])
if type(value) == "table" then return value end
if value ~= ARGV[1] then return 0 end
return redis.call("DEL", KEYS[1])
