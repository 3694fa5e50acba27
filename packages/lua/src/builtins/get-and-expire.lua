-- Gives the value, and from now on so much time to live.
-- KEYS[1] key   ARGV[1] time to live in ms
-- Replies the value, or nil
return redis.call("GETEX", KEYS[1], "PX", ARGV[1])
