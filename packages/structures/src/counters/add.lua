-- Adds to a counter, unless that would take it out of its bounds. Its time to live begins when the key is made, in the same step.
-- KEYS[1] counter
-- ARGV[1] whole number to add   ARGV[2] least value   ARGV[3] greatest value   ARGV[4] time to live, ms, or ""
-- ARGV[5] no sum above this, not even one that comes nearer to it; left out: none
-- Replies the new value, as text   0: out of bounds   -1: the sum is not exact   -2: the key holds no exact number; nothing is changed
local exact = 9007199254740991 -- what is beyond is rounded, but never back into this range
local current = redis.call("GET", KEYS[1])
if current and current ~= "0" and not string.find(current, "^%-?[1-9]%d*$") then return -2 end
local before = tonumber(current or 0)
if math.abs(before) > exact then return -2 end
local after = before + tonumber(ARGV[1])
if math.abs(after) > exact then return -1 end
-- What is out of bounds already may come nearer to them.
if after > tonumber(ARGV[3]) and after > before or after < tonumber(ARGV[2]) and after < before then return 0 end
if ARGV[5] and after > tonumber(ARGV[5]) then return 0 end
redis.call("INCRBY", KEYS[1], ARGV[1])
if not current and ARGV[4] ~= "" then redis.call("PEXPIRE", KEYS[1], ARGV[4]) end
return redis.call("GET", KEYS[1])
