-- Adds items.
-- KEYS, ARGV and Replies: see filter.lua; 1 for an item that was new
-- ARGV[3] growth of the next layer's capacity, or "" for no more layers   ARGV[4] error rate of the first layer
-- ARGV[5] most bits of a layer   ARGV[6] most layers
local LN2 = math.log(2)

-- Opens the next layer, with half the error rate of the one before: all of them together have at most twice that of the first. How
-- many hashes and bits that takes, shape.ts says. Gives false where the filter expires at this very moment, and the layer has.
local function grow()
	local last = layers[count]
	local rate = ARGV[4] * 0.5 ^ count
	local hashes = math.max(1, math.floor(-math.log(rate) / LN2 + 0.5))
	local bits_per_item = -hashes / math.log(1 - rate ^ (1 / hashes))
	local capacity = math.min(last[4] * ARGV[3], math.floor(ARGV[5] / bits_per_item))
	local bits = math.ceil(math.max(100, capacity) * bits_per_item)
	count = count + 1
	local layer = { KEYS[count + 1], bits, hashes, capacity, 0 }
	call("HSET", meta, "layers", count, "bits:" .. count, bits, "hashes:" .. count, hashes,
		"capacity:" .. count, capacity, "inserted:" .. count, 0)
	call("SETBIT", layer[1], bits, 1)
	local expires = call("PEXPIRETIME", meta)
	if expires > 0 then call("PEXPIREAT", layer[1], expires) end
	layers[count] = layer
	return call("EXISTS", layer[1]) == 1
end

local reply = { 0, count }
local fresh = 0
for at = 1, #ARGV[2], 12 do
	local place, step, growth = struct.unpack("<I4I4I4", ARGV[2], at)
	if known(place, step, growth) then
		reply[#reply + 1] = 0
	else
		local layer = layers[count]
		if layer[5] >= layer[4] then
			if ARGV[3] == "" or count >= tonumber(ARGV[6]) then reply[1] = 1 break end
			if count + 1 > #KEYS - 1 then reply[1], reply[2] = 2, count + 1 break end
			call("HSET", meta, "inserted:" .. count, layer[5])
			if not grow() then
				call("UNLINK", unpack(KEYS))
				return { 3 }
			end
			layer = layers[count]
		end
		for _ = 1, layer[3] do
			call("SETBIT", layer[1], place % layer[2], 1)
			place, step = place + step, step + growth
		end
		layer[5] = layer[5] + 1
		fresh = fresh + 1
		reply[#reply + 1] = 1
	end
end
if fresh > 0 then call("HSET", meta, "inserted:" .. count, layers[count][5]) end
if reply[1] ~= 2 then reply[2] = count end
return reply
