import { siblingOf } from "../sibling-key.ts";
import type { ResolvedOptions } from "./options.ts";

/** Which keys a board has, and what is in them. Boards of different layouts cannot share them. */
export interface Layout {
	/** As it is kept beside the board; `plain` is a sorted set of members, and nothing is kept. */
	readonly text: string;
	/** What the scripts of this layout take. */
	readonly keys: readonly string[];
	/** All keys that a board of any layout has under this name. */
	readonly everyKey: readonly string[];
	/** A member's name in the sorted set begins with the number of its turn. */
	readonly timed: boolean;
}

/** `0000000000000042:` */
const TURN_LENGTH = 17;

export function layoutOf(options: ResolvedOptions): Layout {
	const { name, order, ties, ranking, memberData, scale } = options;
	const words: string[] = [];
	if (ties !== "lex") words.push(`${ties}-${order}`);
	if (ranking === "dense") words.push("dense");
	if (memberData) words.push("data");
	const plain = words.length === 0;
	if (!plain) {
		if (ties === "lex") words.unshift("lex");
		if (scale !== undefined) words.push(`scale-${scale}`);
	}
	const board = `leaderboard:${name}`;
	const everyKey = [board, ...["layout", "places", "scores", "data"].map((what) => siblingOf(board, what))];
	return {
		text: plain ? "plain" : words.join(" "),
		keys: plain ? everyKey.slice(0, 2) : everyKey,
		everyKey,
		timed: ties !== "lex",
	};
}

/** The member that has this place in the sorted set. */
export function memberAt(place: string, { timed }: Layout): string {
	return timed ? place.slice(TURN_LENGTH) : place;
}
