-- Adds to a counter, unless that would take it over its cap.
-- KEYS[1] counter   ARGV[1] whole number to add   ARGV[2] cap   ARGV[3] time to live of a new counter in ms, or ""
-- Replies the new value, or -1 when nothing was added; ERR for a value that is no whole number, as INCRBY has it
local value = redis.pcall("GET", KEYS[1])
if type(value) == "table" then return value end
if value and value ~= "0" and not string.match(value, "^-?[1-9]%d*$") then
  return redis.error_reply("ERR value is not an integer or out of range")
end
local sum = tonumber(value or "0") + tonumber(ARGV[1])
if sum > tonumber(ARGV[2]) then return -1 end
-- It would arrive as another number.
if sum < -9007199254740943 then return redis.error_reply("ERR value is not an integer or out of range") end
if value or ARGV[3] == "" then return redis.call("INCRBY", KEYS[1], ARGV[1]) end
redis.call("SET", KEYS[1], ARGV[1], "PX", ARGV[3])
return sum
