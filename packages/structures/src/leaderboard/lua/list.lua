-- Lists entries: places from 0, both included; `withData` is "1" or "".
-- Gives, as JSON: [first place, the shared rank of the first entry or, by the ranking "modified", of the last, [place, score, …]], where an
-- empty list is {}; with data {this, {data or nil, …}}. One text takes the client less than half the time that a list of as many texts
-- does. Data are not in it: they may be large, and the server keeps the memory of the largest JSON that it has made.
local function list(from, to, withData)
	local entries = call(desc and "ZREVRANGE" or "ZRANGE", board, from, to, "WITHSCORES")
	local rank = 0
	if ranking ~= "ordinal" and #entries > 0 then
		rank = sharedRank(ranking == "modified" and entries[#entries] or entries[2])
	end
	local listing = cjson.encode({ from, rank, entries })
	if withData == "" or #entries == 0 then return listing end
	local members = {}
	for i = 1, #entries, 2 do members[#members + 1] = memberAt(entries[i]) end
	return { listing, call("HMGET", KEYS[5], unpack(members)) }
end
