-- Puts a pointer in place of a session that has a copy under a new id, if it was not changed since it was copied. The pointer stays
-- as long as the session could have been idle, so that who uses the old id later is noticed.
-- KEYS[1] session
-- ARGV[1] version that was copied   ARGV[2] handle of the copy   ARGV[3] how long the old id still leads to it, ms
-- ARGV[4] idle time that was copied, ms
-- Replies 1 done, now or when it was asked before; 0 it has another version or idle time; -1 there is no session
local found = redis.call("HMGET", KEYS[1], "version", "user", "idle", "to")
if found[4] == ARGV[2] then return 1 end
if not found[1] then return -1 end
if found[1] ~= ARGV[1] or found[3] ~= ARGV[4] then return 0 end
local time = redis.call("TIME")
local grace = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[3]
redis.call("DEL", KEYS[1])
redis.call("HSET", KEYS[1], "to", ARGV[2], "grace", string.format("%.0f", grace), "user", found[2])
redis.call("PEXPIRE", KEYS[1], math.max(found[3], ARGV[3]))
return 1
