-- What every limiter's script ends with: decides over several limits, all or nothing.
-- KEYS for each limit: its state, its block.
-- ARGV[1] operation: limit, upto, peek, refund or penalize; then for each limit: kind, units, number of words of its
-- configuration, those words.
-- Replies for each limit the time in microseconds, the units charged (for a peek, those that could be) and what its kind
-- replies; or, when it is blocked, the time, -1, the microseconds left and the reason. A list of such lists if there are several.

local operation = ARGV[1]
local limits, place, open = {}, 2, true

for i = 1, #KEYS, 2 do
	local kind, units, words = kinds[ARGV[place]], tonumber(ARGV[place + 1]), tonumber(ARGV[place + 2])
	local state = kind.read(KEYS[i], KEYS[i + 1], place + 3, words)
	local limit = { kind = kind, units = units, wanted = units, state = state, granted = 0 }
	local ends, reason
	if state.block then ends, reason = string.match(state.block, "^(%d+):(.*)$") end
	if ends and tonumber(ends) > now then
		limit.blocked = { now, -1, tonumber(ends) - now, reason }
		open = false
	end
	local room = kind.room(state)
	limit.room = room
	if operation == "upto" then
		limit.units, limit.wanted = math.min(units, room), 1
		open = open and room > 0
	elseif operation == "penalize" then
		limit.units = math.min(units, room)
	elseif room < units then
		open = false
	end
	limits[#limits + 1] = limit
	place = place + 3 + words
end

local reply = {}
for i, limit in ipairs(limits) do
	local kind, state = limit.kind, limit.state
	if operation == "refund" then
		kind.give(state, limit.units)
		kind.write(state)
	elseif operation == "penalize" or (open and operation ~= "peek") then
		kind.charge(state, limit.units)
		kind.write(state)
		limit.granted = limit.units
	elseif operation == "peek" then
		limit.granted = math.min(limit.room, limit.units)
	elseif state.changed then
		kind.write(state)
	end
	reply[i] = limit.blocked or { now, limit.granted, kind.reply(state, limit.wanted) }
end
if #reply == 1 then return reply[1] end
return reply
