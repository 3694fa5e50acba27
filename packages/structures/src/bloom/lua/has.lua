-- Tells of items whether they were added.
-- KEYS, ARGV and Replies: see filter.lua
local reply = { 0, count }
for at = 1, #ARGV[2], 12 do
	local place, step, growth = struct.unpack("<I4I4I4", ARGV[2], at)
	reply[#reply + 1] = known(place, step, growth) and 1 or 0
end
return reply
