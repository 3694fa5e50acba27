import { RkError } from "@rk/client";

/** There is no such session: it was destroyed, or has ended. Nothing was written, and nothing was made anew. */
export class SessionGoneError extends RkError {
	override readonly name = "SessionGoneError";
	override readonly code = "RK_SESSION_GONE";
	/** What the session's key has of its id: its hash. */
	readonly handle: string;

	constructor(handle: string, options?: ErrorOptions) {
		super("The session was destroyed, or has ended", options);
		this.handle = handle;
	}
}

/** Others have changed the session, each time that it was tried; nothing was written. */
export class SessionConflictError extends RkError {
	override readonly name = "SessionConflictError";
	override readonly code = "RK_SESSION_CONFLICT";
	readonly handle: string;
	readonly attempts: number;

	constructor(handle: string, attempts: number) {
		const when = attempts === 1 ? "meanwhile" : `in each of ${attempts} attempts`;
		super(`Others have made or changed the session ${when}; nothing was written`);
		this.handle = handle;
		this.attempts = attempts;
	}
}

/** The session's data cannot be read by the codec, whose error is the `cause`. It was left as it is. */
export class SessionCorruptError extends RkError {
	override readonly name = "SessionCorruptError";
	override readonly code = "RK_SESSION_CORRUPT";
	readonly handle: string;
	/** `undefined`: it has no user. */
	readonly userId: string | undefined;

	constructor(handle: string, userId: string | undefined, cause: unknown) {
		super("The session's data cannot be decoded", { cause });
		this.handle = handle;
		this.userId = userId;
	}
}
