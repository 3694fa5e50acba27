-- Deletes a value that cannot be read, if it is still the same.
-- KEYS[1] value
-- ARGV[1] SHA-1 of its bytes, in hex
-- Replies 1 deleted, 0 not
local value = redis.call("GET", KEYS[1])
if value and redis.sha1hex(value) == ARGV[1] then return redis.call("DEL", KEYS[1]) end
return 0
