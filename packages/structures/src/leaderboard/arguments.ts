import { checkKnown, InvalidArgumentError, isText } from "@rk/client";
import { checkText } from "../text.ts";
import type { AddMode, ListOptions, NewEntry } from "./leaderboard.ts";
import { checkOneOf, type ResolvedOptions } from "./options.ts";
import type { Scores } from "./scores.ts";

/*
 * What the caller gives, as the scripts take it.
 */

/** @throws {InvalidArgumentError} */
export function checkMember(member: unknown): void {
	checkText("member", member);
}

/** @throws {InvalidArgumentError} */
export function checkMembers(members: readonly string[], { maxEntries }: ResolvedOptions): void {
	if (!Array.isArray(members) || members.length > maxEntries)
		throw new InvalidArgumentError("members", members, `an array of up to ${maxEntries}`);
	for (const member of members) checkMember(member);
}

/** The scripts do not ask which of two scores is the better one. */
export function modeWord(mode: AddMode, { order }: ResolvedOptions): string {
	checkOneOf("mode", mode, ["set", "best", "lowest", "incr"]);
	if (mode === "best") return order === "desc" ? "high" : "low";
	return mode === "lowest" ? "low" : mode;
}

export function dataWord(data: string | null | undefined, { memberData }: ResolvedOptions): string {
	if (data === undefined) return "";
	if (!memberData) throw new InvalidArgumentError("data", data, "left out on a board without memberData");
	if (data === null) return "-";
	if (!isText(data)) throw new InvalidArgumentError("data", data, "well-formed text, or null for none");
	return `=${data}`;
}

export function withDataWord(options: ListOptions | undefined, { memberData }: ResolvedOptions): string {
	if (options === undefined) return "";
	checkKnown("", options, ["withData"]);
	const { withData = false } = options;
	if (typeof withData !== "boolean") throw new InvalidArgumentError("withData", withData, "true or false");
	if (withData && !memberData)
		throw new InvalidArgumentError("withData", withData, "false on a board without memberData");
	return withData ? "1" : "";
}

/** How many words {@link entryWords} gives for one entry. */
export function wordsOfEntry({ memberData }: ResolvedOptions): number {
	return memberData ? 3 : 2;
}

export function entryWords(entries: Iterable<NewEntry>, options: ResolvedOptions, scores: Scores): string[] {
	if (typeof entries !== "object" || entries === null || !(Symbol.iterator in entries))
		throw new InvalidArgumentError("entries", entries, "an array, a Map, or another iterable object");
	const words: string[] = [];
	for (const entry of entries) {
		if (!Array.isArray(entry))
			throw new InvalidArgumentError("entries", entry, "made of arrays, [member, score] each");
		const [member, score, data] = entry;
		checkMember(member);
		const word = dataWord(data, options);
		words.push(scores.text("score", score), member);
		if (options.memberData) words.push(word);
	}
	return words;
}
