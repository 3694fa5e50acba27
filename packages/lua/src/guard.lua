local type, pairs = type, pairs
local function has(value, name, kind) return type(value[name]) == kind end
local function altered(value)
  local kind = type(value)
  if kind == "string" then return nil end
  if kind == "number" then
    if value % 1 ~= 0 then return "a number that is not whole, " .. string.format("%.17g", value) end
    if value > 9007199254740943 or value < -9007199254740943 then return "a number that is not exact, " .. string.format("%.17g", value) end
    return nil
  end
  if kind == "function" then return "a function, which would be nil" end
  if kind ~= "table" then return nil end
  if has(value, "ok", "string") or has(value, "err", "string") or has(value, "double", "number") or has(value, "big_number", "string") or has(value, "verbatim_string", "table") then return nil end
  local pairs_of = has(value, "map", "table") and value.map or has(value, "set", "table") and value.set
  if pairs_of then
    for key, item in pairs(pairs_of) do
      local what = altered(key) or altered(item)
      if what then return what end
    end
    return nil
  end
  local size, sent = 0, 0
  for _, item in pairs(value) do
    size = size + 1
    local what = altered(item)
    if what then return what end
  end
  while value[sent + 1] ~= nil do sent = sent + 1 end
  if sent ~= size then return "a table of which " .. sent .. " of " .. size .. " items would arrive: a list ends at its first nil, and has no names" end
  return nil
end
local reply = script()
local what = altered(reply)
if what then return redis.error_reply("RKREPLY " .. what) end
return reply
