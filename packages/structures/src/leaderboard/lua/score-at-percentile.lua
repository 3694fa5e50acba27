-- The least score that at least so many percent of the members do not beat.
-- ARGV[4] percent
-- Replies the score, or nil if there are no members
local size = call("ZCARD", board)
if size == 0 then return false end
local nth = math.max(1, math.ceil(ARGV[4] * size / 100))
-- The product is rounded: the percentile that a member was told may come out as a little more than its own.
if nth > 1 and 100 * (nth - 1) / size >= tonumber(ARGV[4]) then nth = nth - 1 end
return call(desc and "ZRANGE" or "ZREVRANGE", board, nth - 1, nth - 1, "WITHSCORES")[2]
