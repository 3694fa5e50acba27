-- Makes a filter, or a part of one, unless it is there.
-- KEYS[1] what the filter is, a hash   KEYS[2] the bits of its first layer   KEYS[3…] of those that it may grow by
-- ARGV[1] its configuration   ARGV[2] bits   ARGV[3] hashes   ARGV[4] capacity   ARGV[5] time to live, ms, or "@" and a Unix time
-- in ms, or ""   ARGV[6] "1": it is whole, see complete.lua, or ""
-- Replies 1 made, 0 there already, -1 lost: there are bits without the hash; or the errors RKCONFIG and the configuration that was
-- found, and WRONGTYPE where the key has another hash
local call = redis.call
local found = call("HGET", KEYS[1], "config")
if found == ARGV[1] then return 0 end
if found then return redis.error_reply("RKCONFIG " .. found) end
if call("EXISTS", KEYS[1]) == 1 then return redis.error_reply("WRONGTYPE a hash, but not that of a filter") end
if call("EXISTS", unpack(KEYS, 2)) > 0 then return -1 end
call("SETBIT", KEYS[2], ARGV[2], 1)
call("HSET", KEYS[1], "config", ARGV[1], "layers", 1, "bits:1", ARGV[2], "hashes:1", ARGV[3], "capacity:1", ARGV[4], "inserted:1", 0)
if ARGV[6] == "1" then call("HSET", KEYS[1], "whole", 1) end
if ARGV[5] ~= "" then
	local at = string.match(ARGV[5], "^@(%d+)")
	if not at then
		local now = call("TIME")
		at = string.format("%.0f", now[1] * 1000 + math.floor(now[2] / 1000) + ARGV[5])
	end
	call("PEXPIREAT", KEYS[1], at)
	call("PEXPIREAT", KEYS[2], at)
	-- A moment that passes meanwhile deletes what gets it then, but not yet what has it.
	if call("EXISTS", KEYS[1], KEYS[2]) < 2 then call("UNLINK", KEYS[1], KEYS[2]) end
end
return 1
