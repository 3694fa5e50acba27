-- Sets all keys, or none.
-- KEYS keys   ARGV[1] time to live of each in ms, or "" for none   ARGV[2…] their values, in the order of the keys
-- Replies OK
for i, key in ipairs(KEYS) do
  if ARGV[1] == "" then
    redis.call("SET", key, ARGV[i + 1])
  else
    redis.call("SET", key, ARGV[i + 1], "PX", ARGV[1])
  end
end
return redis.status_reply("OK")
