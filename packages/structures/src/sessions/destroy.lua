-- Destroys a session, and leaves a mark for a while, so that nobody makes one of the same id who began before.
-- KEYS[1] session
-- ARGV[1] time to live of the mark, ms
-- Replies the session's user, "" for none; nil: there was no such session
local found = redis.call("HMGET", KEYS[1], "version", "user")
if not found[1] then return nil end
redis.call("DEL", KEYS[1])
redis.call("HSET", KEYS[1], "destroyed", 1)
redis.call("PEXPIRE", KEYS[1], ARGV[1])
return found[2]
