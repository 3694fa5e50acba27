-- Gives a tag, or the namespace, another token, so that what was cached with the one before counts no more, or as past its time.
-- KEYS[1] token, as "hard|soft|time of the last change in ms"
-- ARGV[1] new token   ARGV[2] "hard" or "soft"   ARGV[3] time to live in ms   ARGV[4] bus channel, or ""   ARGV[5] message
-- Replies the token as it is now
local call = redis.call
local now = call("TIME")
local ms = now[1] .. string.format("%03d", math.floor(tonumber(now[2]) / 1000))
local before = ARGV[2] == "soft" and call("GET", KEYS[1])
local hard = before and before:match("^([^|]+)|") or ARGV[1]
local token = hard .. "|" .. ARGV[1] .. "|" .. ms
if before then
	call("SET", KEYS[1], token, "KEEPTTL")
else
	call("SET", KEYS[1], token, "PX", ARGV[3])
end
if ARGV[4] ~= "" then call("PUBLISH", ARGV[4], ARGV[5]) end
return token
