import { CommandError, RkError } from "@rk/client";

/** Why an `--- @include` could not be followed. */
export type IncludeFailure = "missing" | "cycle" | "duplicate" | "malformed";

/** An `--- @include` cannot be followed. Thrown when the script is defined. */
export class IncludeError extends RkError {
	override readonly name = "IncludeError";
	override readonly code = "RK_LUA_INCLUDE";
	readonly reason: IncludeFailure;
	/** The script's name. */
	readonly script: string;
	/** Where the include stands. */
	readonly file: string;
	readonly line: number;
	/** What it names. */
	readonly include: string;

	constructor(reason: IncludeFailure, script: string, file: string, line: number, include: string) {
		super(`${file}:${line} of the script "${script}" includes ${JSON.stringify(include)}, ${WHY[reason]}`);
		this.reason = reason;
		this.script = script;
		this.file = file;
		this.line = line;
		this.include = include;
	}
}

const WHY: Readonly<Record<IncludeFailure, string>> = {
	missing: "which `includes` does not have",
	cycle: "which is what includes it",
	duplicate: "for the second time",
	malformed: 'but must say --- @include "name", and nothing else on the line',
};

/** What is certainly wrong in a script, and where. */
export interface Mistake {
	readonly file: string;
	readonly line: number;
	readonly what: string;
}

/** The source of a script has mistakes that show without running it. Thrown when it is defined; see `strict`. */
export class ScriptMistakeError extends RkError {
	override readonly name = "ScriptMistakeError";
	override readonly code = "RK_LUA_MISTAKE";
	/** The script's name. */
	readonly script: string;
	readonly mistakes: readonly Mistake[];

	constructor(script: string, mistakes: readonly Mistake[]) {
		const list = mistakes.map(({ file, line, what }) => `\n  ${file}:${line}: ${what}`);
		super(`The script "${script}" has mistakes (\`strict: false\` lets them pass):${list.join("")}`);
		this.script = script;
		this.mistakes = mistakes;
	}
}

/** Where a script failed, and by which kind of error. */
export interface LuaFailure {
	/** The script's name. */
	readonly script: string;
	/** The file: `<script>.lua`, or the name of what was included. */
	readonly file: string;
	/** The line in that file, from 1. */
	readonly line: number;
	/** First word of the server's error: `WRONGTYPE`, `OOM`, …; `ERR` for an error of Lua itself. */
	readonly reason: string;
}

/**
 * A script failed: its Lua raised an error, or a command that it called did. What it wrote before that stays written;
 * Redis does not roll back.
 */
export class LuaError extends CommandError implements LuaFailure {
	override readonly name = "LuaError";
	override readonly code = "RK_LUA_ERROR";
	override readonly outcome = "refused";
	readonly script: string;
	readonly file: string;
	readonly line: number;
	readonly reason: string;

	constructor({ script, file, line, reason }: LuaFailure, what: string, options: ErrorOptions) {
		super(`The script "${script}" failed at ${file}:${line}: ${what}`, options);
		this.script = script;
		this.file = file;
		this.line = line;
		this.reason = reason;
	}
}

/**
 * A script replied with what Redis would have altered: a number that is not whole or not exact, or a list with nil in its
 * middle, which ends there, or with names, which are left out. What the script wrote stays written.
 */
export class LuaReplyError extends CommandError {
	override readonly name = "LuaReplyError";
	override readonly code = "RK_LUA_REPLY";
	override readonly outcome = "refused";
	/** The script's name. */
	readonly script: string;

	constructor(script: string, what: string, options: ErrorOptions) {
		super(`The script "${script}" replied with ${what}`, options);
		this.script = script;
	}
}

/** There is less than the amount. Nothing was moved. */
export class InsufficientFundsError extends CommandError {
	override readonly name = "InsufficientFundsError";
	override readonly code = "RK_INSUFFICIENT_FUNDS";
	override readonly outcome = "refused";
	/** What there is. */
	readonly balance: number;

	constructor(balance: number, options?: ErrorOptions) {
		super(`Only ${balance} is there; nothing was moved`, options);
		this.balance = balance;
	}
}

/** An idempotency key came again with another request. Nothing was moved. */
export class IdempotencyMismatchError extends CommandError {
	override readonly name = "IdempotencyMismatchError";
	override readonly code = "RK_IDEMPOTENCY_MISMATCH";
	override readonly outcome = "refused";

	constructor(options?: ErrorOptions) {
		super("The idempotency key belongs to another transfer; nothing was moved", options);
	}
}

/** `preload()` did not reach every master. The scripts work all the same: their source goes along where it must. */
export class PreloadError extends RkError {
	override readonly name = "PreloadError";
	override readonly code = "RK_LUA_PRELOAD";
	/** The masters that lack a script, and why. */
	readonly failed: ReadonlyMap<string, CommandError>;

	constructor(failed: ReadonlyMap<string, CommandError>) {
		const [first] = failed;
		super(`Masters that did not take every script: ${failed.size}; ${first?.[0]}: ${first?.[1].message}`, {
			cause: first?.[1],
		});
		this.failed = failed;
	}
}
