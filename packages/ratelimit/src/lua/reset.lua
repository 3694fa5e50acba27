-- Forgets what was charged; a block stays, as kinds.lua has it, behind a state or as the newest of a list.
-- KEYS[1] state
-- Replies 1

local time = redis.call("TIME")
local now = time[1] * 1000000 + time[2]
local text = redis.pcall("GET", KEYS[1])
local list = type(text) == "table"
if list then text = redis.pcall("LINDEX", KEYS[1], "-1") end
redis.call("DEL", KEYS[1])
if type(text) ~= "string" then return 1 end
local block, ends = string.match(text, "(!(%d+):.*)$")
if not block or tonumber(ends) <= now then return 1 end
if list then
	redis.call("RPUSH", KEYS[1], block)
else
	redis.call("SET", KEYS[1], block)
end
redis.call("PEXPIRE", KEYS[1], math.ceil((ends - now) / 1000) + 1 .. "")
return 1
