-- Lets locks live longer whose tokens still hold them. It never takes a lock anew, and never shortens its time to live.
-- KEYS[1], KEYS[2], … lock keys
-- ARGV[1] time to live from now on, ms   ARGV[2], ARGV[3], … token of each key
-- Replies for each 1 the token holds it, 0 another's, or of another type, -1 held by nobody, or the error's words where it cannot be read
local standings = {}
for i, key in ipairs(KEYS) do
	local value = redis.pcall("GET", key)
	if not value then
		standings[i] = -1
	elseif type(value) == "table" then
		standings[i] = string.find(value.err, "^WRONGTYPE") and 0 or value.err
	elseif string.match(value, "^[^|]+") ~= ARGV[i + 1] then
		standings[i] = 0
	else
		redis.call("PEXPIRE", key, ARGV[1], "GT")
		standings[i] = 1
	end
end
return standings
