-- Looks members up.
-- ARGV[4…] members
-- Replies {score or nil, rank or nil, data or nil} for each
local entries = {}
for i = 4, #ARGV do
	local place = placeOf(ARGV[i])
	local score = place and call("ZSCORE", board, place)
	entries[i - 3] = {
		score or false,
		score and rankOf(place, score),
		score and described and call("HGET", KEYS[5], ARGV[i]) or false,
	}
end
return entries
