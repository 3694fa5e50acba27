-- Adds to a counter in a hash and replies its new value as text: as an integer, a client may misread it.
-- KEYS[1] hash   ARGV[1] field   ARGV[2] whole number to add
-- Replies the new value, as text
redis.call("HINCRBY", KEYS[1], ARGV[1], ARGV[2])
return redis.call("HGET", KEYS[1], ARGV[1])
