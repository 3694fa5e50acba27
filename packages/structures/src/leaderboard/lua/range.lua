-- Entries by place.
-- ARGV[4] "1": with data, or ""   ARGV[5], ARGV[6] first and last place, from 0, or negative from the end
-- Replies as list.lua says
local from = tonumber(ARGV[5])
if from < 0 then from = math.max(0, call("ZCARD", board) + from) end
return list(from, ARGV[6], ARGV[4])
