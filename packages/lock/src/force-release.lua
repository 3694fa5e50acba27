-- Deletes the lock, whoever holds it; tells the holder, and wakes who waits for it.
-- KEYS[1] lock key
-- ARGV[1] channel of those who wait, or ""   ARGV[2] channel of holders   ARGV[3] the reason, for the holder
-- Replies 1 deleted, 0 there was no lock
local value = redis.call("GET", KEYS[1])
if not value then return 0 end
redis.call("DEL", KEYS[1])
redis.pcall("PUBLISH", ARGV[2], string.match(value, "^[^|]*") .. "|" .. ARGV[3])
if ARGV[1] ~= "" then
	local listeners = redis.pcall("PUBSUB", "SHARDNUMSUB", ARGV[1])[2]
	if listeners and listeners > 0 then redis.pcall("SPUBLISH", ARGV[1], tostring(listeners)) end
end
return 1
