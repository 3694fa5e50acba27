-- Finds where a subscriber of a durable topic begins.
-- KEYS[1] the stream   KEYS[2] the hash with the topic's epoch and count
-- ARGV[1] the id behind which to begin, "+" for behind all there is, or "-" for before all that is kept
-- Replies { id, epoch, count } of what the subscriber counts as had; count is "" where some before it are no longer kept, nobody knows
-- how many, and then a fourth item is the id of the first that is
local last = redis.call("XREVRANGE", KEYS[1], ARGV[1], "-", "COUNT", 1)[1]
if last then return { last[1], last[2][4], last[2][2] } end
local first = redis.call("XRANGE", KEYS[1], "-", "+", "COUNT", 1)[1]
if first and ARGV[1] == "-" then return { "0-0", first[2][4], tostring(first[2][2] - 1) } end
if first and first[2][2] ~= "1" then return { ARGV[1], first[2][4], "", first[1] } end
if first then return { "0-0", first[2][4], "0" } end
local known = redis.call("HMGET", KEYS[2], "epoch", "count")
return { "0-0", known[1] or "", known[2] or "0" }
