-- Sets a counter. Its time to live begins when the key is made, and setting it again does not move it.
-- KEYS[1] counter
-- ARGV[1] value   ARGV[2] time to live, ms, or ""   ARGV[3] only if it has this value, "" if there is no such key; left out: always
-- Replies {1, the value before or ""}: it is set   {0, …}: it has another value   {-1, …}: the key holds no exact number
local before = redis.call("GET", KEYS[1])
if before and before ~= "0" then
	if not string.find(before, "^%-?[1-9]%d*$") or math.abs(tonumber(before)) > 9007199254740991 then return { -1, "" } end
end
if ARGV[3] and ARGV[3] ~= (before or "") then return { 0, before or "" } end
if before or ARGV[2] == "" then
	redis.call("SET", KEYS[1], ARGV[1], "KEEPTTL")
else
	redis.call("SET", KEYS[1], ARGV[1], "PX", ARGV[2])
end
return { 1, before or "" }
