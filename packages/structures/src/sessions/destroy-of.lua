-- Destroys a session if it is this user's, and leaves a mark for a while; also where there is no session yet, so that nobody makes
-- one who began before.
-- KEYS[1] session
-- ARGV[1] user   ARGV[2] time to live of the mark, ms
-- Replies 1 destroyed, 0 there was none, -1 it is another's; as text the handle of the copy, if it was rotated
local found = redis.call("HMGET", KEYS[1], "version", "user", "to")
if found[3] then return found[3] end
if found[1] and found[2] ~= ARGV[1] then return -1 end
redis.call("DEL", KEYS[1])
redis.call("HSET", KEYS[1], "destroyed", 1)
redis.call("PEXPIRE", KEYS[1], ARGV[2])
return found[1] and 1 or 0
