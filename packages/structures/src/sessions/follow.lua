-- Reads where the id of a rotated session leads.
-- KEYS[1] where the session was
-- Replies {handle of its copy, 1 or 0: does the grace last?, user}, or nil
local found = redis.call("HMGET", KEYS[1], "to", "grace", "user")
if not found[1] then return nil end
local time = redis.call("TIME")
return { found[1], time[1] * 1000 + math.floor(time[2] / 1000) < tonumber(found[2]) and 1 or 0, found[3] }
