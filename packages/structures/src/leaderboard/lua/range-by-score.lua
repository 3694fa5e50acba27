-- Entries by score. They are found by place, since LIMIT walks over all that it skips.
-- ARGV[4] "1": with data, or ""   ARGV[5], ARGV[6] lowest and highest score, as ZCOUNT takes them
-- ARGV[7] the same bound at the better end, seen from outside   ARGV[8] how many to skip   ARGV[9] how many to give, at most
-- Replies as list.lua says
local count = call("ZCOUNT", board, ARGV[5], ARGV[6])
local before
if desc then before = call("ZCOUNT", board, ARGV[7], "+inf") else before = call("ZCOUNT", board, "-inf", ARGV[7]) end
local from = before + tonumber(ARGV[8])
local to = math.min(before + count, from + tonumber(ARGV[9])) - 1
if to < from then return cjson.encode({ from, 0, {} }) end
return list(from, to, ARGV[4])
