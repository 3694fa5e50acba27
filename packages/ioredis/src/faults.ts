import { ClosedError, CommandError, ConnectionError, type FailedCommand, ServerError } from "@rk/client";

/** What the loss of a connection leaves of all that was in flight on it; {@link fault} makes each command's own error of it. */
export class Lost extends Error {
	/** For good: the client will not connect again, or the port was closed. */
	readonly ended: boolean;

	constructor(ended: boolean, options?: ErrorOptions) {
		super(
			ended ? "The client was closed before the reply" : "The connection was lost before the reply",
			options,
		);
		this.ended = ended;
	}
}

/**
 * What an error of the library means for the command that got it.
 *
 * What the library rejects because the connection was lost does not come here: {@link IoredisLink} is before it.
 * Anything not known is `unknown`, since the command may have been written.
 */
export function fault(error: unknown, failed: FailedCommand = {}): CommandError {
	if (error instanceof CommandError) return error;
	const options = { ...failed, cause: error };
	if (!(error instanceof Error)) return new ConnectionError(String(error), "unknown", options);
	const { message } = error;
	if (error instanceof Lost) {
		const cause = error.cause === undefined ? failed : { ...failed, cause: error.cause };
		return error.ended
			? new ClosedError(message, "unknown", cause)
			: new ConnectionError(message, "unknown", cause);
	}
	if (error.name === "ReplyError") {
		// The library puts the arguments there, and whatever logs the error would show them with its cause.
		if ("command" in error) Object.defineProperty(error, "command", { enumerable: false });
		return new ServerError(message, options);
	}
	// The only way for a command of ours to get it: `sendCommand` after the client ended.
	if (message === "Connection is closed.") return new ClosedError(undefined, "not-sent", options);
	if (
		message.startsWith("Connection in subscriber mode") ||
		message.startsWith("Connection is in monitoring mode")
	) {
		return new ConnectionError(`${message}: give the port a client of its own`, "not-sent", options);
	}
	return new ConnectionError(message, "unknown", options);
}
