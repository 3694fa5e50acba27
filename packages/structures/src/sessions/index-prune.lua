-- Takes sessions out of a user's index, unless they were entered anew meanwhile.
-- KEYS[1] index of the user
-- ARGV: handles, each followed by when it was to be dropped as it was read, Unix ms
-- Replies 1
for i = 1, #ARGV, 2 do
	local drop = redis.call("ZSCORE", KEYS[1], ARGV[i])
	if drop and tonumber(drop) == tonumber(ARGV[i + 1]) then redis.call("ZREM", KEYS[1], ARGV[i]) end
end
return 1
