import { checkInteger, checkKnown, InvalidArgumentError, isText } from "@rk/client";
import { json, type SessionCodec } from "./codec.ts";
import type { SessionCorruptError } from "./errors.ts";

/** Somebody came with the id of a session that was rotated longer ago than `graceMs`: a sign that it was stolen. */
export interface ReusedId {
	/** Whose session it was; `undefined`: it had no user. */
	readonly userId: string | undefined;
	/** The hash of the old id. */
	readonly handle: string;
}

export interface SessionsOptions<T> {
	/** A session ends when nobody has used it for so long, in whole milliseconds. */
	readonly idleMs: number;
	/** It ends so long after it was made, however much it is used, in whole milliseconds. */
	readonly absoluteMs: number;
	/** What keys in Redis begin with: `sess:{…}`, `sess:user:{…}`. @default "sess" */
	readonly prefix?: string;
	/** @default JSON */
	readonly codec?: SessionCodec<T>;
	/**
	 * The part of the idle time that passes before reading begins it anew, from 0 to 0.9: higher writes less often, and lets a session
	 * end that much earlier.
	 * @default 0.1
	 */
	readonly touchRatio?: number;
	/** How many sessions a user may have; those make way that have been the user's the longest. @default no limit */
	readonly maxPerUser?: number;
	/** How long the old id of a rotated session still leads to it, for requests under way, in milliseconds. @default 15_000 */
	readonly graceMs?: number;
	/** Is told of ids that are used after their grace; what it throws becomes a process warning (`RK_LISTENER_ERROR`). */
	readonly onReuse?: (reused: ReusedId) => void;
	/** Is told of data that the codec cannot read, which counts as no session; what it throws becomes a process warning. */
	readonly onCorrupt?: (error: SessionCorruptError) => void;
	/** Makes ids: text with 128 random bits or more. @default 256 random bits, as 43 characters */
	readonly genId?: () => string;
	/** From 0 up to 1, for the pauses of `update`. @default Math.random */
	readonly random?: () => number;
}

/** A {@link SessionsOptions} with nothing left out. */
export interface ResolvedOptions<T> {
	readonly idleMs: number;
	readonly absoluteMs: number;
	readonly prefix: string;
	readonly codec: SessionCodec<T>;
	readonly touchRatio: number;
	readonly maxPerUser: number;
	readonly graceMs: number;
	readonly onReuse: ((reused: ReusedId) => void) | undefined;
	readonly onCorrupt: ((error: SessionCorruptError) => void) | undefined;
	readonly genId: (() => string) | undefined;
	readonly random: () => number;
}

/** What the README's table quotes. */
export const SESSION_DEFAULTS: Readonly<{ prefix: string; touchRatio: number; graceMs: number }> =
	Object.freeze({ prefix: "sess", touchRatio: 0.1, graceMs: 15_000 });

export const SESSION_OPTIONS: readonly string[] = [
	"idleMs",
	"absoluteMs",
	"prefix",
	"codec",
	"touchRatio",
	"maxPerUser",
	"graceMs",
	"onReuse",
	"onCorrupt",
	"genId",
	"random",
];

/** @throws {InvalidArgumentError} */
export function resolveOptions<T>(options: SessionsOptions<T>): ResolvedOptions<T> {
	checkKnown("", options, SESSION_OPTIONS);
	const { idleMs, absoluteMs, codec = json<T>(), onReuse, onCorrupt, genId, random = Math.random } = options;
	const { prefix = SESSION_DEFAULTS.prefix, touchRatio = SESSION_DEFAULTS.touchRatio } = options;
	const { graceMs = SESSION_DEFAULTS.graceMs, maxPerUser = Number.MAX_SAFE_INTEGER } = options;
	checkInteger("idleMs", idleMs, 1);
	checkInteger("absoluteMs", absoluteMs, idleMs);
	if (!isText(prefix) || prefix === "" || /[{}]/.test(prefix))
		throw new InvalidArgumentError("prefix", prefix, "well-formed text without braces, not empty");
	if (typeof codec?.encode !== "function" || typeof codec.decode !== "function")
		throw new InvalidArgumentError("codec", codec, "an object of the functions encode and decode");
	if (typeof touchRatio !== "number" || !(touchRatio >= 0 && touchRatio <= 0.9))
		throw new InvalidArgumentError("touchRatio", touchRatio, "a number from 0 to 0.9");
	checkInteger("maxPerUser", maxPerUser, 1);
	checkInteger("graceMs", graceMs, 0);
	for (const [name, value] of Object.entries({ onReuse, onCorrupt, genId, random })) {
		if (value !== undefined && typeof value !== "function")
			throw new InvalidArgumentError(name, value, "a function");
	}
	return {
		...{ idleMs, absoluteMs, prefix, codec, touchRatio, maxPerUser, graceMs },
		...{ onReuse, onCorrupt, genId, random },
	};
}
