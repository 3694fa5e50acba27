-- The beginning of every script of a filter: its layers, of which the last is the one that is filled.
-- KEYS[1] what the filter is, a hash   KEYS[2…] the bits of its layers
-- ARGV[1] its configuration   ARGV[2] items: 12 bytes each, three numbers of 32 bits: the first bit of an item, the step to the next,
-- and what the step grows by, all of them modulo the layer's bits
-- Replies {0, layers, 1 or 0 for each item}, or with fewer of them {1, layers, …}: full; {2, layers, …}: not all layers were among the
-- keys; {3}: there is no filter; {3, layers}: not yet all parts of it; {4, layer}: the bits of a layer are lost, or of 0 the hash; or
-- the errors RKCONFIG and the configuration that was found, and WRONGTYPE where the key has another hash
local call = redis.call
local meta = KEYS[1]
local kept = call("HMGET", meta, "config", "layers", "whole")
if not kept[1] then
	if call("EXISTS", meta) == 1 then return redis.error_reply("WRONGTYPE a hash, but not that of a filter") end
	if call("EXISTS", unpack(KEYS, 2)) > 0 then return { 4, 0 } end
	return { 3 }
end
if kept[1] ~= ARGV[1] then return redis.error_reply("RKCONFIG " .. kept[1]) end
if not kept[3] then return { 3, tonumber(kept[2]) } end
local count = tonumber(kept[2])
if count > #KEYS - 1 then return { 2, count } end

-- A layer is {key, bits, hashes, capacity, inserted}. Behind its bits there is one that is always set: without it, the rest is gone too.
local layers = {}
for i = 1, count do
	local fields = call("HMGET", meta, "bits:" .. i, "hashes:" .. i, "capacity:" .. i, "inserted:" .. i)
	local layer = { KEYS[i + 1] }
	for j = 1, 4 do layer[j + 1] = tonumber(fields[j]) end
	if call("GETBIT", layer[1], layer[2]) == 0 then return { 4, i } end
	layers[i] = layer
end

local function has(layer, place, step, growth)
	local key, bits = layer[1], layer[2]
	for _ = 1, layer[3] do
		if call("GETBIT", key, place % bits) == 0 then return false end
		place, step = place + step, step + growth
	end
	return true
end

local function known(place, step, growth)
	for i = count, 1, -1 do
		if has(layers[i], place, step, growth) then return true end
	end
	return false
end
