-- Deletes values, and takes the leases from loads that began earlier.
-- KEYS[1], KEYS[2], … value and lease of each key
-- ARGV[1] bus channel, or ""   ARGV[2] message
-- Replies how many there were
local deleted = redis.call("UNLINK", unpack(KEYS))
if ARGV[1] ~= "" then redis.call("PUBLISH", ARGV[1], ARGV[2]) end
return deleted
