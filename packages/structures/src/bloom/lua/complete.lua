-- Marks a part of a filter as one of a whole: all its parts are there. Items are added to such a part only, so that one that is
-- missing beside it is known to be lost.
-- KEYS[1] what the filter is, a hash
-- ARGV[1] its configuration
-- Replies 1 done, 0 there is no such part
if redis.call("HGET", KEYS[1], "config") ~= ARGV[1] then return 0 end
redis.call("HSET", KEYS[1], "whole", 1)
return 1
