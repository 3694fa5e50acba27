import { type Outcome, RkError } from "@rk/client";

/** What goes wrong with a cache; tell kinds apart by `code`. What a loader throws comes as it is. */
export abstract class CacheError extends RkError {}

/** The loader, or the queue of those that wait to load, took longer than the caller would wait, and there is no stale value. */
export class LoadTimeoutError extends CacheError {
	override readonly name = "LoadTimeoutError";
	override readonly code = "RK_CACHE_LOAD_TIMEOUT";
	readonly key: string;
	readonly timeoutMs: number;
	/** `load`: `hardTimeoutMs` passed; the load goes on, and its result is cached. `queue`: `loadQueueTimeoutMs` passed before it began. */
	readonly phase: "load" | "queue";

	constructor(key: string, timeoutMs: number, phase: "load" | "queue") {
		const what = phase === "load" ? "was not loaded" : "did not get its turn to load";
		super(`"${key}" ${what} within ${timeoutMs} ms`);
		this.key = key;
		this.timeoutMs = timeoutMs;
		this.phase = phase;
	}
}

/** A loader asked for the very key that it loads, so that each would wait for the other. */
export class ReentrantLoadError extends CacheError {
	override readonly name = "ReentrantLoadError";
	override readonly code = "RK_CACHE_REENTRANT";
	readonly key: string;

	constructor(key: string) {
		super(`The loader of "${key}" asks the cache for "${key}", which waits for that loader`);
		this.key = key;
	}
}

/** What a writing call was to do. */
export type WriteOperation = "set" | "delete" | "expire" | "invalidateTag" | "expireTag" | "clear";

/**
 * Redis did not confirm a write, so that what was cached before may be served again, here and elsewhere. This process has dropped its own
 * copy. `cause` is the port's error.
 */
export class InvalidationError extends CacheError {
	override readonly name = "InvalidationError";
	override readonly code = "RK_CACHE_INVALIDATION";
	readonly operation: WriteOperation;
	/** The keys or tags that are not confirmed; empty for `clear`. */
	readonly names: readonly string[];
	/** Did the server possibly do it? */
	readonly outcome: Outcome;

	constructor(operation: WriteOperation, names: readonly string[], outcome: Outcome, cause: unknown) {
		const [first] = names;
		const of =
			first === undefined ? "" : ` of "${first}"${names.length > 1 ? ` and ${names.length - 1} more` : ""}`;
		super(`Redis did not confirm ${operation}${of}, so that the old value may be served again`, { cause });
		this.operation = operation;
		this.names = names;
		this.outcome = outcome;
	}
}

/** The codec cannot turn the value into bytes and back. `cause` is what it threw. */
export class EncodeError extends CacheError {
	override readonly name = "EncodeError";
	override readonly code = "RK_CACHE_ENCODE";
	readonly key: string;

	constructor(key: string, problem: string, options?: ErrorOptions) {
		super(`The value of "${key}" cannot be cached: ${problem}`, options);
		this.key = key;
	}
}

/** What was loaded, or is to be set, does not meet the schema of its definition. */
export class SchemaError extends CacheError {
	override readonly name = "SchemaError";
	override readonly code = "RK_CACHE_SCHEMA";
	readonly key: string;
	/** As the schema gave them. */
	readonly issues: ReadonlyArray<{ readonly message: string }>;

	constructor(key: string, issues: ReadonlyArray<{ readonly message: string }>) {
		super(
			`The value of "${key}" does not meet its schema: ${issues.map(({ message }) => message).join("; ")}`,
		);
		this.key = key;
		this.issues = issues;
	}
}
