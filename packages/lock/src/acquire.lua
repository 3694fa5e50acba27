-- Takes the lock if it is free, or confirms it to the token that has it, so that a call whose reply was lost may be repeated.
-- KEYS[1] lock key   KEYS[2] key of the last fence
-- ARGV[1] token   ARGV[2] time to live, ms   ARGV[3] time to live of the last fence, ms, or "" for no fence
-- Last come, as far as they are wanted: ARGV[4] meta   ARGV[5] channel to tell that the lock is taken, and for how long
-- ARGV[6] takes it from whoever holds it, in this layout: the channel to tell him
-- Replies fence or "": granted   {time to live in ms or -1, token}: held   -1: the value is not of this layout
local call = redis.call
local token = ARGV[1]
local fence = ""
if ARGV[3] ~= "" then
	-- The server's time in microseconds is a floor: the counter may be lost, or expire, and fences still only grow.
	local now = call("TIME")
	fence = now[1] .. string.sub("00000" .. now[2], -6)
end
local meta = ARGV[4] or ""
if ARGV[6] then
	local holder = string.match(call("GET", KEYS[1]) or "", "^([^|]+)|%d*|")
	if holder and holder ~= token then
		if fence ~= "" then call("GET", KEYS[2]) end -- an error, such as WRONGTYPE, before anything is changed
		call("DEL", KEYS[1])
		redis.pcall("PUBLISH", ARGV[6], holder)
	end
end
local found = call("SET", KEYS[1], token .. "|" .. fence .. "|" .. meta, "NX", "PX", ARGV[2], "GET")
if not found then
	if fence ~= "" then
		local last = redis.pcall("SET", KEYS[2], fence, "PX", ARGV[3], "GET")
		if type(last) == "table" then -- an error, such as WRONGTYPE: nothing is to be changed
			call("DEL", KEYS[1])
			return last
		end
		-- Compared as text, which costs less than as numbers: both are digits without leading zeros.
		local late = last and (#last > #fence or (#last == #fence and last >= fence))
		if late and tonumber(last) then -- the clock was set back
			fence = string.format("%.0f", last + 1)
			call("SET", KEYS[1], token .. "|" .. fence .. "|" .. meta, "KEEPTTL")
			call("SET", KEYS[2], fence, "PX", ARGV[3])
		end
	end
	if ARGV[5] then
		-- With two listeners, this holder and one that waits, nobody is about to try in vain.
		local listeners = redis.pcall("PUBSUB", "SHARDNUMSUB", ARGV[5])[2]
		if listeners and listeners > 2 then redis.pcall("SPUBLISH", ARGV[5], "-" .. ARGV[2]) end
	end
	return fence
end
local holder, held = string.match(found, "^([^|]+)|(%d*)|")
if not holder then return -1 end
if holder ~= token then return { call("PTTL", KEYS[1]), holder } end
call("PEXPIRE", KEYS[1], ARGV[2])
return held
