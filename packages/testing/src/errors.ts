import { RkError } from "@rk/client";

/** No Redis or Valkey server was found, and none could be fetched. */
export class NoServerError extends RkError {
	override readonly name = "NoServerError";
	override readonly code = "RK_NO_SERVER";

	constructor(message: string, options?: ErrorOptions) {
		super(message, options);
	}
}

/** A server did not come up. */
export class ServerStartError extends RkError {
	override readonly name = "ServerStartError";
	override readonly code = "RK_SERVER_START";
	/** What the server printed. */
	readonly log: string;

	constructor(what: string, log: string, options?: ErrorOptions) {
		super(log === "" ? what : `${what}. It printed:\n${log.trimEnd()}`, options);
		this.log = log;
	}
}

/** A fault that only the owner of a server can make was asked of the server in `REDIS_URL`. */
export class NotOwnedError extends RkError {
	override readonly name = "NotOwnedError";
	override readonly code = "RK_SERVER_NOT_OWNED";

	constructor(verb: string) {
		super(
			`${verb} needs a server of this process; this one was given by REDIS_URL. Start one with { owned: true }.`,
		);
	}
}

/** The server's error reply to a command; `message` is the reply's text. */
export class ReplyError extends RkError {
	override readonly name = "ReplyError";
	override readonly code = "RK_TEST_REPLY";
	/** The first word of the reply, such as `WRONGTYPE`. */
	readonly word: string;

	constructor(message: string) {
		super(message);
		this.word = message.replace(/ .*/s, "");
	}
}

/** The control connection to a server failed; the command may or may not have run. */
export class ControlConnectionError extends RkError {
	override readonly name = "ControlConnectionError";
	override readonly code = "RK_TEST_CONNECTION";

	constructor(message: string, options?: ErrorOptions) {
		super(message, options);
	}
}

/** A state that was waited for did not come. */
export class WaitTimeoutError extends RkError {
	override readonly name = "WaitTimeoutError";
	override readonly code = "RK_TEST_TIMEOUT";

	constructor(what: string, timeoutMs: number, options?: ErrorOptions) {
		super(`Not reached within ${timeoutMs} ms: ${what}`, options);
	}
}
