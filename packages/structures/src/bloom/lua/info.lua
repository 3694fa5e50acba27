-- Measures the layers.
-- KEYS and ARGV[1]: see filter.lua   ARGV[2] "1": counts the bits, which takes time, or ""
-- Replies {0, layers, bits, hashes, capacity, inserted, bits that are set or 0, bytes, for each layer}, or as filter.lua says
local reply = { 0, count }
for i = 1, count do
	local key, bits = layers[i][1], layers[i][2]
	for j = 2, 5 do reply[#reply + 1] = layers[i][j] end
	reply[#reply + 1] = ARGV[2] == "1" and call("BITCOUNT", key, 0, bits - 1, "BIT") or 0
	reply[#reply + 1] = call("STRLEN", key)
end
return reply
