-- Writes one member's score.
-- ARGV[4] expiry, as write.lua has it   ARGV[5] most members, or ""   ARGV[6] greatest sum, either way
-- ARGV[7] mode: set, incr, high or low   ARGV[8] member   ARGV[9] score or increment   ARGV[10] data, as write.lua has it
-- Replies {score, 1 if it changed or 0, previous score or nil, previous rank or nil, rank or nil}, or the error RKSCORE
local member = ARGV[8]
local place = placeOf(member)
local previous = place and call("ZSCORE", board, place)
local previousRank = previous and rankOf(place, previous)
local now, score, changed = put(member, place, previous, ARGV[9], ARGV[7], ARGV[6])
if not now then return redis.error_reply("RKSCORE " .. score) end
describe(member, ARGV[10])
local trimmed = ARGV[5] ~= "" and trim(tonumber(ARGV[5]), 1000) > 0
local rank = previousRank
if changed or trimmed then rank = (not trimmed or call("ZSCORE", board, now)) and rankOf(now, score) end
expire(ARGV[4])
return { score, changed and 1 or 0, previous, previousRank, rank }
