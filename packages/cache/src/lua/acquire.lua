-- Takes the lease of a key, so that one process loads it, and reads the value: it may have been filled meanwhile.
-- KEYS[1] value   KEYS[2] lease
-- ARGV[1] token   ARGV[2] lease in ms   ARGV[3] "NX", or "XX" to take it from whoever has it
-- Replies {1 got it or 0, value or nil, the server's time in ms}
local value = redis.call("GET", KEYS[1])
local now = redis.call("TIME")
local got
if ARGV[3] == "NX" then
	got = redis.call("SET", KEYS[2], ARGV[1], "NX", "PX", ARGV[2])
else
	got = redis.call("SET", KEYS[2], ARGV[1], "PX", ARGV[2])
end
return { got and 1 or 0, value, now[1] .. string.format("%03d", math.floor(tonumber(now[2]) / 1000)) }
