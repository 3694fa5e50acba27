-- The generic cell rate algorithm, exact: the theoretical arrival time (TAT) is q + r/R microseconds, in whole numbers.
-- Configuration: burst, P, R (a unit comes back every P/R microseconds, in lowest terms), mark (three digits that stand for
-- those three); then, where the call's limit is not the limiter's own, the same four of the limiter's.
-- State, a string: <q><mark>, or <q><mark>:<r>; once the limits of a key changed, <q>:<r>:<burst>:<P>:<R>, and behind
-- it, while the limits differ, the same five of the ceiling: the largest burst and rate, which all charges are charged to.
-- Reply: <q><mark>:<r>.
--
-- Numbers stay whole and below 2^53, where a double is exact: burst <= 10^9, R <= 9 * 10^6, burst * P / R <= 366 days. Below
-- it the floor of a quotient is exact too, as a quotient that is not whole is further from a whole number than rounding goes.

local function gcra_limit(burst, p, r, mark)
	local limit = { burst = tonumber(burst), p = tonumber(p), r = tonumber(r), mark = mark }
	limit.whole = math.floor(limit.p / limit.r)
	limit.part = limit.p % limit.r
	return limit
end

-- The time of n units: whole microseconds, and R-ths.
local function gcra_time(limit, n)
	local parts = n * limit.part
	return n * limit.whole + math.floor(parts / limit.r), parts % limit.r
end

-- How many whole units that time holds.
local function gcra_units(limit, q, r)
	local n = math.floor((q + r / limit.r) / limit.p * limit.r)
	local nq, nr = gcra_time(limit, n)
	while nq > q or (nq == q and nr > r) do
		n = n - 1
		nq, nr = gcra_time(limit, n)
	end
	while true do
		nq, nr = gcra_time(limit, n + 1)
		if nq > q or (nq == q and nr > r) then return n end
		n = n + 1
	end
end

local function gcra_units_up(limit, q, r)
	local n = gcra_units(limit, q, r)
	local nq, nr = gcra_time(limit, n)
	if nq == q and nr == r then return n end
	return n + 1
end

-- A debt is the time until all is free again: q microseconds and r R-ths. It never exceeds the time of the burst.
local function gcra_debt(limit, q, r)
	if q < 0 then return { limit = limit, q = 0, r = 0 } end
	local most, rest = gcra_time(limit, limit.burst)
	if q > most or (q == most and r > rest) then return { limit = limit, q = most, r = rest, cut = true } end
	return { limit = limit, q = q, r = r }
end

local function gcra_same_rate(a, b)
	return a.p == b.p and a.r == b.r
end

-- The debt of as many units under another limit. Where the rates differ, a begun unit counts whole.
local function gcra_under(limit, debt)
	if gcra_same_rate(limit, debt.limit) then return gcra_debt(limit, debt.q, debt.r) end
	local n = gcra_units_up(debt.limit, debt.q, debt.r)
	return gcra_debt(limit, gcra_time(limit, math.min(n, limit.burst)))
end

-- The larger burst and the faster rate of both.
local function gcra_larger(a, b)
	local faster = a
	if b.p / b.r < a.p / a.r then faster = b end
	return gcra_limit(math.max(a.burst, b.burst), faster.p, faster.r)
end

local function gcra_change(s, ceiling)
	local limit = gcra_larger(ceiling.limit, s.own)
	s.ceiling = gcra_under(limit, ceiling)
	s.debt = gcra_under(s.own, s.ceiling)
	if limit.burst == s.own.burst and gcra_same_rate(limit, s.own) then s.ceiling = nil end
	s.tagged, s.changed = true, true
end

local function gcra_parse(s, key, value)
	local q = tonumber(string.match(value, "^%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d"))
	local mark, r = string.match(value, "^(%d%d%d):?(%d*)$", 17)
	if q and mark then
		r = tonumber(r) or 0
		if s.base and mark == s.base.mark then
			local debt = gcra_debt(s.base, q - now, r)
			if debt.q > 0 or debt.r > 0 then gcra_change(s, debt) end
		elseif mark == s.own.mark then
			s.debt = gcra_debt(s.own, q - now, r)
		elseif q > now or (q == now and r > 0) then
			-- A limit that nobody here knows, as before a deployment: all is taken, and the ceiling lasts as long as it would have.
			s.debt = gcra_debt(s.own, gcra_time(s.own, s.own.burst))
			local n = math.min(gcra_units_up(s.own, q - now, 0) + 1, 1000000000)
			local limit = gcra_limit(math.max(n, s.own.burst), s.own.p, s.own.r)
			s.ceiling = gcra_debt(limit, gcra_time(limit, math.max(n, s.own.burst)))
			s.tagged, s.changed = true, true
		end
		return
	end
	local burst, p, parts, tail
	r, burst, p, parts, tail = string.match(value, "^:(%d+):(%d+):(%d+):(%d+)(.*)$", 17)
	local cq, cr, cburst, cp, cparts
	if tail and tail ~= "" then cq, cr, cburst, cp, cparts = string.match(tail, "^:(%d+):(%d+):(%d+):(%d+):(%d+)$") end
	if not (q and r) or (tail ~= "" and not cq) then return foreign(key) end
	local debt = gcra_debt(gcra_limit(burst, p, parts), q - now, tonumber(r))
	local ceiling = debt
	if cq then ceiling = gcra_debt(gcra_limit(cburst, cp, cparts), tonumber(cq) - now, tonumber(cr)) end
	if debt.q + debt.r + ceiling.q + ceiling.r == 0 then return end
	s.tagged = true
	if debt.limit.burst == s.own.burst and gcra_same_rate(debt.limit, s.own) then
		s.debt = debt
		if cq and ceiling.q + ceiling.r > 0 then s.ceiling = ceiling end
	else
		if ceiling.q + ceiling.r == 0 then ceiling = debt end
		gcra_change(s, ceiling)
	end
end

local function gcra_charge(debt, n)
	local q, r = gcra_time(debt.limit, math.min(n, debt.limit.burst))
	q, r = q + debt.q, r + debt.r
	if r >= debt.limit.r then q, r = q + 1, r - debt.limit.r end
	local within = gcra_debt(debt.limit, q, r)
	debt.q, debt.r = within.q, within.r
end

local function gcra_give(debt, n)
	local q, r = gcra_time(debt.limit, math.min(n, debt.limit.burst))
	q, r = debt.q - q, debt.r - r
	if r < 0 then q, r = q - 1, r + debt.limit.r end
	if q < 0 then q, r = 0, 0 end
	debt.q, debt.r = q, r
end

kinds.gcra = {
	read = function(s, arg, words)
		s.own = gcra_limit(ARGV[arg], ARGV[arg + 1], ARGV[arg + 2], ARGV[arg + 3])
		if words > 4 then
			s.base = gcra_limit(ARGV[arg + 4], ARGV[arg + 5], ARGV[arg + 6], ARGV[arg + 7])
			s.tagged = true
		end
		local text = load(s)
		if text then gcra_parse(s, s.key, text) end
		if not s.debt then s.debt = gcra_debt(s.own, 0, 0) end
		s.changed = s.changed or s.debt.cut or (s.ceiling and s.ceiling.cut)
		return s
	end,

	room = function(s)
		local limit, debt = s.own, s.debt
		local q, r = gcra_time(limit, limit.burst)
		q, r = q - debt.q, r - debt.r
		if r < 0 then q, r = q - 1, r + limit.r end
		return gcra_units(limit, q, r)
	end,

	charge = function(s, n)
		gcra_charge(s.debt, n)
		if s.ceiling then gcra_charge(s.ceiling, n) end
	end,

	give = function(s, n)
		gcra_give(s.debt, n)
		if s.ceiling then gcra_give(s.ceiling, n) end
	end,

	write = function(s)
		local debt, ceiling = s.debt, s.ceiling
		local last = debt.q
		if ceiling then last = math.max(last, ceiling.q) end
		if last == 0 and debt.r == 0 and not (ceiling and ceiling.r > 0) then
			store(s, "", 0)
			return
		end
		local value
		if not s.tagged then
			value = string.format("%.0f", now + debt.q) .. s.own.mark
			if debt.r > 0 then value = value .. string.format(":%.0f", debt.r) end
		else
			local limit = debt.limit
			value = string.format("%.0f:%.0f:%.0f:%.0f:%.0f", now + debt.q, debt.r, limit.burst, limit.p, limit.r)
			if ceiling then
				limit = ceiling.limit
				value = value
					.. string.format(":%.0f:%.0f:%.0f:%.0f:%.0f", now + ceiling.q, ceiling.r, limit.burst, limit.p, limit.r)
			end
		end
		store(s, value, last + 1)
	end,

	reply = function(s)
		return string.format("%.0f%s:%.0f", now + s.debt.q, s.own.mark, s.debt.r)
	end,
}
