-- Takes the lock if it is free, or confirms it to the token that has it. The value is the token alone, as by SET key token NX PX.
-- KEYS[1] lock key
-- ARGV[1] token   ARGV[2] time to live, ms   ARGV[3] if wanted, takes it from whoever holds it, in this layout: the channel to tell him
-- Replies "": granted   {time to live in ms or -1, token}: held   -1: the value is not of this layout
if ARGV[3] then
	local value = redis.call("GET", KEYS[1])
	local holder = value and not string.find(value, "^[^|]+|%d*|") and string.match(value, "^[^|]*")
	if holder and holder ~= ARGV[1] then
		redis.call("DEL", KEYS[1])
		redis.pcall("PUBLISH", ARGV[3], holder)
	end
end
local holder = redis.call("SET", KEYS[1], ARGV[1], "NX", "PX", ARGV[2], "GET")
if not holder then return "" end
if string.find(holder, "^[^|]+|%d*|") then return -1 end
if holder ~= ARGV[1] then return { redis.call("PTTL", KEYS[1]), holder } end
redis.call("PEXPIRE", KEYS[1], ARGV[2])
return ""
