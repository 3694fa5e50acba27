-- Keeps a lease, if the token still has it.
-- KEYS[1] lease
-- ARGV[1] token   ARGV[2] lease in ms
-- Replies 1 kept, 0 lost
if redis.call("GET", KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call("PEXPIRE", KEYS[1], ARGV[2])
