import { checkKnown, InvalidArgumentError } from "@rk/client";
import type { LoadManyOptions, LoadOptions, SetOptions } from "./cache.ts";
import { areSameTexts, checkTexts } from "./names.ts";
import { POLICY_OPTIONS, type Policy, resolvePolicy } from "./policy.ts";

/** What one call asks for. */
export interface Call {
	readonly policy: Policy;
	/** Each once. */
	readonly tags: readonly string[];
	readonly signal: AbortSignal | undefined;
	/** What a call for many keys does with those that could not be loaded. */
	readonly errors: "throw" | "return";
	/** Since when (Unix ms) it has waited for loads that came to nothing for it; `undefined`: it only begins to wait. */
	readonly waitsSince: number | undefined;
}

const LOAD_OPTIONS: readonly string[] = [...POLICY_OPTIONS, "tags", "signal"];
const LOAD_MANY_OPTIONS: readonly string[] = [...LOAD_OPTIONS, "errors"];
const SET_OPTIONS: readonly string[] = [
	"ttlMs",
	"nullTtlMs",
	"jitter",
	"staleMs",
	"staleIfErrorMs",
	"tags",
] satisfies Array<keyof SetOptions>;

const NO_TAGS: readonly string[] = Object.freeze([]);

/** Makes {@link Call}s of options, and knows the last ones again, since most callers give the same object each time. */
export class CallOptions {
	readonly #plain: Call;
	#last: LoadOptions | undefined;
	/** What was in it, since callers may change theirs. */
	#lastCopy: LoadOptions = {};
	#lastCall: Call;

	constructor(policy: Policy) {
		this.#plain = { policy, tags: NO_TAGS, signal: undefined, errors: "throw", waitsSince: undefined };
		this.#lastCall = this.#plain;
	}

	/** @throws {InvalidArgumentError} */
	load(options: LoadOptions | undefined): Call {
		if (options === undefined) return this.#plain;
		if (options === this.#last && areSame(options, this.#lastCopy)) return this.#lastCall;
		const call = this.#resolve(options, LOAD_OPTIONS);
		const { signal } = options;
		// One with a signal is that of one call, and would be kept.
		if (signal === undefined) {
			this.#last = options;
			this.#lastCopy = { ...options, tags: call.tags };
			this.#lastCall = call;
		}
		return call;
	}

	/** @throws {InvalidArgumentError} */
	loadMany(options: LoadManyOptions | undefined): Call {
		return options === undefined ? this.#plain : this.#resolve(options, LOAD_MANY_OPTIONS);
	}

	/** @throws {InvalidArgumentError} */
	set(options: SetOptions | undefined): Call {
		return options === undefined ? this.#plain : this.#resolve(options, SET_OPTIONS);
	}

	#resolve(options: LoadManyOptions, known: readonly string[]): Call {
		checkKnown("", options, known);
		const { tags = NO_TAGS, signal, errors = "throw" } = options;
		checkSignal(signal);
		checkErrors(errors);
		if (tags !== NO_TAGS) checkTexts("tags", tags);
		return {
			policy: resolvePolicy(options, this.#plain.policy),
			tags: tags.length > 0 ? [...new Set(tags)] : NO_TAGS,
			signal,
			errors,
			waitsSince: undefined,
		};
	}
}

/** Written out, since it is done for every hit. */
function areSame(one: LoadOptions, other: LoadOptions): boolean {
	return (
		one.signal === other.signal &&
		one.ttlMs === other.ttlMs &&
		one.nullTtlMs === other.nullTtlMs &&
		one.jitter === other.jitter &&
		one.staleMs === other.staleMs &&
		one.staleIfErrorMs === other.staleIfErrorMs &&
		one.errorBackoffMs === other.errorBackoffMs &&
		one.softTimeoutMs === other.softTimeoutMs &&
		one.hardTimeoutMs === other.hardTimeoutMs &&
		areSameTexts(one.tags ?? NO_TAGS, other.tags ?? NO_TAGS)
	);
}

/** @throws {InvalidArgumentError} */
export function checkSignal(signal: unknown): void {
	if (signal !== undefined && !(signal instanceof AbortSignal))
		throw new InvalidArgumentError("signal", signal, "an AbortSignal");
}

/** @throws {InvalidArgumentError} */
export function checkErrors(errors: unknown): void {
	if (errors !== "throw" && errors !== "return")
		throw new InvalidArgumentError("errors", errors, '"throw" or "return"');
}
