-- Gives the lock back if the token still holds it, and wakes who waits for it.
-- KEYS[1] lock key
-- ARGV[1] token   ARGV[2] channel of those who wait, or ""
-- Replies 0 another's, or of another type, -1 held by nobody, or given back: 1 and how many listen on the channel
local value = redis.pcall("GET", KEYS[1])
if not value then return -1 end
if type(value) == "table" then return string.find(value.err, "^WRONGTYPE") and 0 or value end
if string.match(value, "^[^|]+") ~= ARGV[1] then return 0 end
redis.call("DEL", KEYS[1])
if ARGV[2] ~= "" then
	-- pcall: a user without the right to publish has still given the lock back. Each listener learns how many they are.
	local listeners = redis.pcall("PUBSUB", "SHARDNUMSUB", ARGV[2])[2]
	if listeners and listeners > 0 then
		redis.pcall("SPUBLISH", ARGV[2], tostring(listeners))
		return 1 + listeners
	end
end
return 1
