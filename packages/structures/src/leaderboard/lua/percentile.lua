-- How a member stands among all.
-- ARGV[4] member
-- Replies {members with a better score, members}, or {} if the member is not there
local place = placeOf(ARGV[4])
local score = place and call("ZSCORE", board, place)
if not score then return {} end
return { better(board, score), call("ZCARD", board) }
