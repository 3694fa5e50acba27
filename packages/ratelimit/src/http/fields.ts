import {
	type BareItem,
	type Item,
	type Parameters,
	serializeDictionary,
	serializeList,
} from "structured-headers";
import { isTighter, type Left, type Notice } from "./notice.ts";

/** A header field: name and value. */
export type Field = readonly [name: string, value: string];

/**
 * Which header fields tell the client where it stands:
 *
 * - `draft-10`: `RateLimit-Policy: "burst";q=20;w=2` and `RateLimit: "burst";r=19;t=1`, the syntax of the IETF draft since -08
 * - `draft-7`: `RateLimit-Policy: 20;w=2` and `RateLimit: limit=20, remaining=19, reset=1`
 * - `draft-6`: `RateLimit-Policy` as before, and `RateLimit-Limit`, `RateLimit-Remaining` and `RateLimit-Reset`
 * - `none`: none
 *
 * Only `draft-10` tells of every policy; the older ones tell of the one with the least left.
 *
 * @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
 */
export type FieldStyle = "draft-10" | "draft-7" | "draft-6" | "none";

type Known = Notice & { readonly left: Left };

interface Numbers {
	readonly limit: number;
	readonly remaining: number;
	/** Seconds from now. */
	readonly reset: number;
}

/** How each style writes where a client stands. */
export const WRITERS: Readonly<Record<FieldStyle, (notices: readonly Notice[]) => Field[]>> = Object.freeze({
	"draft-10": draft10,
	"draft-7": older(({ limit, remaining, reset }) => [
		["RateLimit", serializeDictionary({ limit, remaining, reset })],
	]),
	"draft-6": older(({ limit, remaining, reset }) => [
		["RateLimit-Limit", `${limit}`],
		["RateLimit-Remaining", `${remaining}`],
		["RateLimit-Reset", `${reset}`],
	]),
	none: () => [],
});

function draft10(notices: readonly Notice[]): Field[] {
	const policies = notices.map(({ policy, quota, windowMs, unit, partition }) =>
		item(policy, { q: integer(quota), w: seconds(windowMs), qu: unit, pk: partition }),
	);
	const limits = notices
		.filter(isKnown)
		.map(({ policy, left, partition }) =>
			item(policy, { r: integer(left.remaining), t: seconds(left.resetMs), pk: partition }),
		);
	return [...list("RateLimit-Policy", policies), ...list("RateLimit", limits)];
}

/** A style of the time when only one policy could be told: the one with the least left. */
function older(write: (numbers: Numbers) => Field[]): (notices: readonly Notice[]) => Field[] {
	return (notices) => {
		const policies = notices.map(({ quota, windowMs }) => item(integer(quota), { w: seconds(windowMs) }));
		const tightest = tightestOf(notices);
		const limit = tightest === undefined ? [] : write(numbersOf(tightest));
		return [...list("RateLimit-Policy", policies), ...limit];
	};
}

/**
 * `X-RateLimit-Limit`, `X-RateLimit-Remaining` and `X-RateLimit-Reset` of the policy with the least left; the last in
 * seconds of Unix time, as most services that have these fields do.
 */
export function legacyFields(notices: readonly Notice[], nowMs: number): Field[] {
	const tightest = tightestOf(notices);
	if (tightest === undefined) return [];
	const { limit, remaining } = numbersOf(tightest);
	return [
		["X-RateLimit-Limit", `${limit}`],
		["X-RateLimit-Remaining", `${remaining}`],
		["X-RateLimit-Reset", `${Math.ceil((nowMs + tightest.left.resetMs) / 1000)}`],
	];
}

/** Whole seconds, never less than the time meant, and never 0, which would be an invitation to ask in a loop. */
export function seconds(ms: number): number {
	return integer(Math.max(1, Math.ceil(ms / 1000)));
}

/** A structured field has integers of 15 digits at most. */
function integer(value: number): number {
	return Math.min(value, 999_999_999_999_999);
}

function numbersOf({ quota, left }: Known): Numbers {
	return { limit: integer(quota), remaining: integer(left.remaining), reset: seconds(left.resetMs) };
}

function tightestOf(notices: readonly Notice[]): Known | undefined {
	return notices
		.filter(isKnown)
		.reduce<Known | undefined>(
			(tightest, each) => (tightest === undefined || isTighter(each, tightest) ? each : tightest),
			undefined,
		);
}

function isKnown(notice: Notice): notice is Known {
	return notice.left !== null;
}

function item(value: string | number, parameters: Readonly<Record<string, BareItem | undefined>>): Item {
	const given: Parameters = new Map();
	for (const [name, parameter] of Object.entries(parameters)) {
		if (parameter !== undefined) given.set(name, parameter);
	}
	return [value, given];
}

/** A list without members is not written: an empty field is none. */
function list(name: string, items: Item[]): Field[] {
	return items.length === 0 ? [] : [[name, serializeList(items)]];
}
