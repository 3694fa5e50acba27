-- Adds what the sources counted to the destination, which keeps its own and its time to live.
-- KEYS[1] destination   KEYS[2] and so on: the sources, or, where contents are given, names to put them under meanwhile
-- ARGV[1] time to live of a destination that has none, ms, or ""   ARGV[2] and so on: the contents, one for each of these names
-- Replies OK
for i = 2, #ARGV do redis.call("SET", KEYS[i], ARGV[i], "PX", 60000) end
local merged = redis.pcall("PFMERGE", unpack(KEYS))
if #ARGV > 1 then redis.call("DEL", unpack(KEYS, 2)) end
if merged.err then return merged end
if ARGV[1] ~= "" then redis.call("PEXPIRE", KEYS[1], ARGV[1], "NX") end
return merged
