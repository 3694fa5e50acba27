const BRAND = Symbol.for("@rk/client.error");

/**
 * Base of every error that an `@rk/*` package throws on its own account.
 *
 * `code` names the kind of failure and changes only in a major release; `message` is for people and may change in any.
 * Tell kinds apart by `code`: `instanceof` of the subclasses fails between two copies of a package in one process (ESM
 * beside CommonJS, two versions in one tree). `instanceof RkError` itself holds across copies.
 */
export abstract class RkError extends Error {
	abstract readonly code: string;

	protected constructor(message: string, options?: ErrorOptions) {
		super(message, options);
		Object.defineProperty(this, BRAND, { value: true });
	}

	static override [Symbol.hasInstance](value: unknown): boolean {
		if (this !== RkError) return Function.prototype[Symbol.hasInstance].call(this, value);
		return value instanceof Error && BRAND in value;
	}
}

/** An argument or option is not acceptable. Thrown before anything is sent. */
export class InvalidArgumentError extends RkError {
	override readonly name = "InvalidArgumentError";
	override readonly code = "RK_INVALID_ARGUMENT";
	/** The option or argument, as a path: `sessions.max`. */
	readonly argument: string;
	/** What was given. */
	readonly value: unknown;
	/** What is allowed, in words. */
	readonly allowed: string;

	constructor(argument: string, value: unknown, allowed: string) {
		super(`${argument} is ${show(value)}, but must be ${allowed}`);
		this.argument = argument;
		this.value = value;
		this.allowed = allowed;
	}
}

function show(value: unknown): string {
	if (typeof value === "string")
		return JSON.stringify(value.length > 100 ? `${value.slice(0, 100)}…` : value);
	if (typeof value === "bigint") return `${value}n`;
	if (typeof value === "function") return "a function";
	if (typeof value !== "object" || value === null) return String(value);
	return Array.isArray(value) ? `an array of ${value.length}` : "an object";
}

/**
 * Did the server possibly run the command?
 *
 * - `not-sent`: no. The bytes never left; sending it again is safe.
 * - `unknown`: maybe. Only idempotent work may be tried again.
 * - `refused`: the server answered with an error. For a plain command nothing was changed; a script or a transaction
 *   may have changed things before it failed.
 */
export type Outcome = "not-sent" | "unknown" | "refused";

/** The command that an error is about, where it is about one. */
export interface FailedCommand {
	/** Its name, as `SET` or `CONFIG GET`, and nothing of its arguments, which may be secrets. */
	readonly command?: string;
	/** `host:port` of the server that it went to, or was to go to. */
	readonly node?: string;
}

export interface CommandErrorOptions extends ErrorOptions, FailedCommand {}

/** A command did not give its reply. {@link CommandError.outcome} says whether the server possibly ran it. */
export abstract class CommandError extends RkError implements FailedCommand {
	abstract readonly outcome: Outcome;
	/** The command's name, as `SET` or `CONFIG GET`, never its arguments; missing where the error is not about one command. */
	declare readonly command?: string;
	/** `host:port` of the server that it went to, or was to go to, where that is known. */
	declare readonly node?: string;

	protected constructor(message: string, options: CommandErrorOptions = {}) {
		super(message + inWords(options), options);
		if (options.command !== undefined) this.command = options.command;
		if (options.node !== undefined) this.node = options.node;
	}
}

function inWords({ command, node }: FailedCommand): string {
	if (command === undefined) return "";
	return node === undefined ? ` (${command})` : ` (${command} on ${node})`;
}

/**
 * The server answered with an error. `code` is the error's first word: `NOSCRIPT`, `WRONGTYPE`, `BUSY`, `READONLY`,
 * `OOM`, or a script's own; `ERR` where the server gave none.
 */
export class ServerError extends CommandError {
	override readonly name = "ServerError";
	override readonly code: string;
	override readonly outcome = "refused";
	readonly #reply: string;

	constructor(message: string, options?: CommandErrorOptions) {
		super(message, options);
		this.#reply = message;
		const space = message.indexOf(" ");
		const word = space < 0 ? message : message.slice(0, space);
		this.code = /^[A-Z][A-Z0-9_]*$/.test(word) ? word : "ERR";
	}

	/** The server's own words, all of them and no others: what a script gives to `redis.error_reply` can be read from here. */
	get reply(): string {
		return this.#reply;
	}
}

/** The connection was lost, or could not be used. */
export class ConnectionError extends CommandError {
	override readonly name = "ConnectionError";
	override readonly code = "RK_CONNECTION";
	override readonly outcome: "not-sent" | "unknown";

	constructor(message: string, outcome: "not-sent" | "unknown", options?: CommandErrorOptions) {
		super(message, options);
		this.outcome = outcome;
	}
}

/** The deadline passed. The connection stays usable. */
export class TimeoutError extends CommandError {
	override readonly name = "TimeoutError";
	override readonly code = "RK_TIMEOUT";
	override readonly outcome: "not-sent" | "unknown";
	readonly timeoutMs: number;

	constructor(
		what: string,
		timeoutMs: number,
		outcome: "not-sent" | "unknown",
		options?: CommandErrorOptions,
	) {
		super(`${what} within ${timeoutMs} ms`, options);
		this.timeoutMs = timeoutMs;
		this.outcome = outcome;
	}
}

/** The caller's signal aborted; `cause` is the signal's reason. */
export class AbortedError extends CommandError {
	override readonly name = "AbortedError";
	override readonly code = "RK_ABORTED";
	override readonly outcome: "not-sent" | "unknown";

	constructor(reason: unknown, outcome: "not-sent" | "unknown", failed: FailedCommand = {}) {
		super("Aborted by the caller's signal", { ...failed, cause: reason });
		this.outcome = outcome;
	}
}

/**
 * `close()` was called, here or on the native client, or the client gave up reconnecting. A command that was waiting
 * for its reply at that moment has the outcome `unknown`, every other `not-sent`.
 */
export class ClosedError extends CommandError {
	override readonly name = "ClosedError";
	override readonly code = "RK_CLOSED";
	override readonly outcome: "not-sent" | "unknown";

	constructor(
		message = "The client is closed",
		outcome: "not-sent" | "unknown" = "not-sent",
		options?: CommandErrorOptions,
	) {
		super(message, options);
		this.outcome = outcome;
	}
}

/** Keys that must share one slot live in different slots of the cluster. Thrown before anything is sent. */
export class CrossSlotError extends CommandError {
	override readonly name = "CrossSlotError";
	override readonly code = "RK_CROSS_SLOT";
	override readonly outcome = "not-sent";
	/** Two keys that do not share a slot. */
	readonly keys: readonly [string, string];

	constructor(first: string | Buffer, second: string | Buffer, failed?: FailedCommand) {
		const keys = [String(first), String(second)] as const;
		super(
			`Keys ${JSON.stringify(keys[0])} and ${JSON.stringify(keys[1])} are in different slots of the cluster; ` +
				"give keys that are used together one hash tag, as in {order:42}:lock and {order:42}:items",
			failed,
		);
		this.keys = keys;
	}
}

/** The reply is not of the kind that the command promises: a decoder was given to the wrong command. */
export class UnexpectedReplyError extends CommandError {
	override readonly name = "UnexpectedReplyError";
	override readonly code = "RK_UNEXPECTED_REPLY";
	/** The server did run the command; only its reply is not understood. */
	override readonly outcome = "unknown";
	/** What the decoder reads, in words. */
	readonly expected: string;
	readonly #reply: unknown;

	constructor(expected: string, reply: unknown, options?: CommandErrorOptions) {
		super(`The reply is ${show(reply)}, but ${expected} was expected`, options);
		this.expected = expected;
		this.#reply = reply;
	}

	/** What the server replied; not shown with the error. */
	get reply(): unknown {
		return this.#reply;
	}
}

/** A watched key changed in every attempt of {@link transact}; nothing was written. */
export class TransactionConflictError extends CommandError {
	override readonly name = "TransactionConflictError";
	override readonly code = "RK_TRANSACTION_CONFLICT";
	override readonly outcome = "refused";
	readonly attempts: number;

	constructor(attempts: number) {
		super(`A watched key changed in each of ${attempts} attempts; nothing was written`);
		this.attempts = attempts;
	}
}

/** Some keys of a batch did not get their result. */
export class BatchError extends RkError {
	override readonly name = "BatchError";
	override readonly code = "RK_BATCH";
	/** What succeeded, by key. */
	readonly ok: ReadonlyMap<string, unknown>;
	/** Why the rest did not, by key, each with its outcome. */
	readonly failed: ReadonlyMap<string, CommandError>;

	constructor(
		what: "read" | "set",
		ok: ReadonlyMap<string, unknown>,
		failed: ReadonlyMap<string, CommandError>,
	) {
		const [first] = failed.values();
		super(`${failed.size} of ${ok.size + failed.size} keys could not be ${what}: ${first?.message}`, {
			cause: first,
		});
		this.ok = ok;
		this.failed = failed;
	}
}

/** Why a connection could not be made. */
export type ConnectFailure =
	| "refused"
	| "unreachable"
	| "timeout"
	| "tls"
	| "auth"
	| "not-a-cluster"
	| "cluster-node"
	| "not-a-sentinel"
	| "no-master"
	| "driver-missing"
	| "other";

/** `connect`, `connectCluster` or `connectSentinel` could not give a working client; nothing is left open. */
export class ConnectError extends RkError {
	override readonly name = "ConnectError";
	override readonly code = "RK_CONNECT";
	readonly reason: ConnectFailure;
	/** The address or addresses tried. */
	readonly node: string;

	constructor(reason: ConnectFailure, node: string, message: string, options?: ErrorOptions) {
		super(`Cannot connect to ${node}: ${message}`, options);
		this.reason = reason;
		this.node = node;
	}
}
