import { type Command, integer, pairsOf, raw, text, textOrNull, type WireReply } from "@rk/client";
import type { Listing } from "./scripts.ts";

/*
 * What the server's own commands do on a sorted set that is all of a board: about half the cost of a script. Scores stay text.
 */

const placed = pairsOf(text, text);

export function plainRange(key: string, from: number, to: number, order: "asc" | "desc"): Command<Listing> {
	const args = ["ZRANGE", key, String(from), String(to), ...(order === "desc" ? ["REV"] : []), "WITHSCORES"];
	const decode = (reply: WireReply): Listing => ({
		from,
		rank: 0,
		entries: placed(reply),
		data: [],
	});
	return raw(args, { key, readOnly: true, decode });
}

export function plainScore(key: string, member: string): Command<string | null> {
	return raw(["ZSCORE", key, member], { key, readOnly: true, decode: textOrNull });
}

export function scoreCount(key: string, min: string, max: string): Command<number> {
	return raw(["ZCOUNT", key, min, max], { key, readOnly: true, decode: integer });
}
