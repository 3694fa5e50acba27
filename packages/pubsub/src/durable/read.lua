-- Reads the next messages of a durable topic behind those that a subscriber has had; all there are, if it was set back since.
-- KEYS[1] the stream   KEYS[2] the hash with the topic's epoch and count
-- ARGV[1] id, ARGV[2] epoch ("" before the first) and ARGV[3] count ("" where unknown) of the last it had
-- ARGV[4] how many at most   ARGV[5] the bytes of messages after which no more are looked for
-- Replies { 1 if it was set back, the topic's epoch or "", the entries, 1 if there may be more }
local known = redis.call("HMGET", KEYS[2], "epoch", "count")
local count = tonumber(ARGV[3]) or 0
-- A new life, or fewer messages than it had; or, after a failover that lost some, others in the places of those.
local setBack = ARGV[2] ~= "" and (known[1] ~= ARGV[2] or tonumber(known[2]) < count)
if not setBack and count > 0 then
	local last = redis.call("XREVRANGE", KEYS[1], ARGV[1], "-", "COUNT", 1)[1]
	setBack = last and last[1] ~= ARGV[1] and tonumber(last[2][2]) >= count
end
local from = setBack and "-" or "(" .. ARGV[1]

local entries, more, bytes, most, step = {}, true, 0, tonumber(ARGV[4]), 1
-- One, then two, then four: what is too much for one reply is not brought into memory here either.
while more and #entries < most and bytes < tonumber(ARGV[5]) do
	step = math.min(step, most - #entries)
	local some = redis.call("XRANGE", KEYS[1], from, "+", "COUNT", step)
	for _, entry in ipairs(some) do
		if entry[2][5] == "message" then -- or somebody put it there by hand
			entries[#entries + 1] = entry
			bytes = bytes + #entry[2][6]
		end
		from = "(" .. entry[1]
	end
	more = #some == step
	step = step * 2
end
return { setBack and 1 or 0, known[1] or "", entries, more and 1 or 0 }
