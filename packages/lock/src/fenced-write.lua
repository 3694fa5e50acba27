-- Writes the value unless a higher fence has written before.
-- KEYS[1] key   KEYS[2] key of the highest fence so far
-- ARGV[1] value   ARGV[2] fence, decimal without leading zeros
-- ARGV[3] time to live of the value, ms, or ""   ARGV[4] time to live of the highest fence, ms, or ""
-- Replies "" written, or the highest fence so far, and nothing is changed
local fence = ARGV[2]
local highest = redis.call("GET", KEYS[2])
-- As text, since a number of Lua's is exact to 2^53 only.
if highest and (#fence < #highest or (#fence == #highest and fence < highest)) then return highest end
if ARGV[4] == "" then redis.call("SET", KEYS[2], fence) else redis.call("SET", KEYS[2], fence, "PX", ARGV[4]) end
if ARGV[3] == "" then redis.call("SET", KEYS[1], ARGV[1]) else redis.call("SET", KEYS[1], ARGV[1], "PX", ARGV[3]) end
return ""
