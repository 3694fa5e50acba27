-- Lets the lock live longer if the token still holds it. It never takes the lock anew, and never shortens its time to live.
-- KEYS[1] lock key
-- ARGV[1] token   ARGV[2] time to live from now on, ms
-- Replies 1 the token holds it, 0 held by another, -1 held by nobody
local value = redis.call("GET", KEYS[1])
if not value then return -1 end
if string.match(value, "^[^|]+") ~= ARGV[1] then return 0 end
redis.call("PEXPIRE", KEYS[1], ARGV[2], "GT")
return 1
