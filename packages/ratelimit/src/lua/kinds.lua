-- What the algorithms share, and the table that they enter themselves in.

local function foreign(key)
	error({ err = "RKSTATE " .. key .. " holds a value that no limiter of this kind wrote" })
end

-- Milliseconds, rounded up, so that a key never goes before its state has nothing to say.
local function ttl(us)
	return math.ceil(us / 1000) + 1 .. ""
end

-- A block stands behind the state that it keeps, as !<its end in microseconds>:<reason>: no straight way can read that. Gives
-- what is before it, and whether there is one; one that is over is taken away by the next write.
local function without_block(s, text)
	local state, block, ends, reason = string.match(text, "^([^!]*)(!(%d+):(.*))$")
	if not state then return text, false end
	if tonumber(ends) > now then
		s.block = { text = block, ends = tonumber(ends), reason = reason }
	else
		s.changed = true
	end
	return state, true
end

-- The text that is the state, if there is one.
local function load(s)
	local text = redis.pcall("GET", s.key)
	if not text then return nil end
	if type(text) == "table" then return foreign(s.key) end
	local state, blocked = without_block(s, text)
	if state ~= "" then return state end
	if not blocked then return foreign(s.key) end
end

-- Keeps the state for as long as it has something to say, and the block for as long as it lasts.
local function store(s, text, lasts)
	if s.block then text, lasts = text .. s.block.text, math.max(lasts, s.block.ends - now) end
	if text == "" then
		redis.call("DEL", s.key)
	else
		redis.call("SET", s.key, text, "PX", ttl(lasts))
	end
end

-- One algorithm's functions by its name: read, room, charge, give, write, reply.
local kinds = {}
