-- Moves an amount from one balance to another, and remembers it under an idempotency key.
-- KEYS[1] from   KEYS[2] to   KEYS[3] idempotency key, or missing
-- ARGV[1] amount   ARGV[2] how long the idempotency key is remembered, in ms
-- Replies {balance of from, balance of to, 1 if it had been done before}, the balances as text;
-- RKFUNDS and the balance, RKTRANSFER for another transfer's idempotency key, RKBALANCE for what is no balance
local function balance(value)
  value = value or "0"
  if value ~= "0" and not string.match(value, "^-?[1-9]%d*$") then return nil end
  local number = tonumber(value)
  if number > 9007199254740991 or number < -9007199254740991 then return nil end
  return number
end

local record = KEYS[3]
local request = cjson.encode({ KEYS[1], KEYS[2], ARGV[1] })
local done = record and redis.call("GET", record)
if done then
  local from, to, of = string.match(done, "^(%S+) (%S+) (.*)$")
  if of ~= request then return redis.error_reply("RKTRANSFER the idempotency key belongs to another transfer") end
  return { from, to, 1 }
end

local amount = tonumber(ARGV[1])
local from, to = balance(redis.call("GET", KEYS[1])), balance(redis.call("GET", KEYS[2]))
if not from or not to or to + amount > 9007199254740991 then
  return redis.error_reply("RKBALANCE a balance is, or would be, no whole number within 2^53 - 1")
end
if from < amount then return redis.error_reply("RKFUNDS " .. string.format("%.0f", from)) end

-- All by one command: where an ACL refuses it, it refuses the first, and nothing is half done.
local after = { string.format("%.0f", from - amount), string.format("%.0f", to + amount) }
redis.call("SET", KEYS[1], after[1], "KEEPTTL")
redis.call("SET", KEYS[2], after[2], "KEEPTTL")
if record then redis.call("SET", record, after[1] .. " " .. after[2] .. " " .. request, "PX", ARGV[2]) end
return { after[1], after[2], 0 }
