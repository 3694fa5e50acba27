-- What every limiter's script ends with: decides over several limits, all or nothing.
-- KEYS for each limit: its state.
-- ARGV[1] operation: limit, upto, peek, refund, penalize, block (for as many milliseconds as units; the reason is the last ARGV) or
-- unblock; then for each limit: kind, units, number of words of its configuration, those words.
-- Replies for each limit a list: seconds, microseconds, the units charged (for a peek, those that could be) and what its kind
-- replies; or, when it is blocked, the time, -1, when that ends in microseconds, the reason. A list of them if there are several.

local operation = ARGV[1]
local limits, place, open = {}, 2, true

for i = 1, #KEYS do
	local kind, units, words = kinds[ARGV[place]], tonumber(ARGV[place + 1]), tonumber(ARGV[place + 2])
	local state = kind.read({ key = KEYS[i] }, place + 3, words)
	local limit = { kind = kind, units = units, wanted = units, state = state, granted = 0 }
	if state.block then
		limit.blocked = { time[1], time[2], -1, state.block.ends, state.block.reason }
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
	if operation == "block" then
		local ends = now + limit.units * 1000
		state.block = { text = string.format("!%.0f:", ends) .. ARGV[#ARGV], ends = ends }
		kind.write(state)
	elseif operation == "unblock" then
		state.block = nil
		kind.write(state)
	elseif operation == "refund" then
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
	reply[i] = limit.blocked or { time[1], time[2], limit.granted, kind.reply(state, limit.wanted) }
end
if #reply == 1 then return reply[1] end
return reply
