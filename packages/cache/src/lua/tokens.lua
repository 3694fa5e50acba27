-- Reads the tokens of tags, makes those that are missing, and has them live as long as what is about to be cached.
-- KEYS tokens, as "hard|soft|time of the last change in ms"
-- ARGV[1] least time to live in ms, 0 for no end   ARGV[2], ARGV[3], … a new token for each key
-- Replies the tokens, in order
local call = redis.call
local now = call("TIME")
local ms = now[1] .. string.format("%03d", math.floor(tonumber(now[2]) / 1000))
local least = tonumber(ARGV[1])
-- Twice as long as they must, so that it need not be done each time.
local longer = string.format("%.0f", 2 * least)
local tokens = {}
for i, key in ipairs(KEYS) do
	local token = call("GET", key)
	if not token then
		token = ARGV[i + 1] .. "|" .. ARGV[i + 1] .. "|" .. ms
		call("SET", key, token)
		if least > 0 then call("PEXPIRE", key, longer) end
	elseif least == 0 then
		call("PERSIST", key)
	else
		local left = call("PTTL", key)
		if left >= 0 and left < least then call("PEXPIRE", key, longer) end
	end
	tokens[i] = token
end
return tokens
