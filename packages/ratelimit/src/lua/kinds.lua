-- What the algorithms share, and the table that they enter themselves in.

local function foreign(key)
	error({ err = "RKSTATE " .. key .. " holds a value that no limiter of this kind wrote" })
end

-- One algorithm's functions by its name: read, room, charge, give, write, reply.
local kinds = {}
