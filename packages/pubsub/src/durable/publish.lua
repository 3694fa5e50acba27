-- Appends a message to a durable topic and announces it to those who listen.
-- KEYS[1] the stream   KEYS[2] a hash: the epoch, which names the topic's life, and the count of its messages so far
-- ARGV[1] the message   ARGV[2] how many messages are kept, about   ARGV[3] the shard channel   ARGV[4] what an epoch begins with
-- Replies the entry's id; NOPERM, with nothing written, if the user may not publish on the channel
if not redis.acl_check_cmd("SPUBLISH", ARGV[3], "") then
	return redis.error_reply("NOPERM The user has no permission to SPUBLISH on " .. ARGV[3])
end
local epoch = redis.call("HGET", KEYS[2], "epoch")
if not epoch then
	local now = redis.call("TIME")
	epoch = ARGV[4] .. string.format("%x%05x", now[1], now[2])
	redis.call("HSET", KEYS[2], "epoch", epoch)
end
local count = redis.call("HINCRBY", KEYS[2], "count", 1)
local id = redis.call("XADD", KEYS[1], "MAXLEN", "~", ARGV[2], "*", "count", count, "epoch", epoch, "message", ARGV[1])
redis.call("SPUBLISH", ARGV[3], id .. " " .. count .. " " .. epoch .. " " .. ARGV[1])
return id
