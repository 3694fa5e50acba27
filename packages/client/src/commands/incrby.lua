-- Adds to a counter and replies its new value as text: as an integer, a client may misread it.
-- KEYS[1] counter   ARGV[1] whole number to add
-- Replies the new value, as text
redis.call("INCRBY", KEYS[1], ARGV[1])
return redis.call("GET", KEYS[1])
