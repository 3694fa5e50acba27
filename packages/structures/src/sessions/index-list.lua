-- Reads a user's index.
-- KEYS[1] index of the user
-- Replies {the time in ms, as text; handles, each followed by when it is dropped}
local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
return { string.format("%.0f", now), redis.call("ZRANGE", KEYS[1], "(" .. string.format("%.0f", now), "+inf", "BYSCORE", "WITHSCORES") }
