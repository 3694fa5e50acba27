import { ClosedError, CommandError, ConnectionError, ServerError } from "@rk/client";

/**
 * What an error of the library means for the command that got it.
 *
 * What the library rejects because the connection was lost does not come here: {@link IoredisLink} is before it.
 * Anything not known is `unknown`, since the command may have been written.
 */
export function fault(error: unknown): CommandError {
	if (error instanceof CommandError) return error;
	if (!(error instanceof Error)) return new ConnectionError(String(error), "unknown", { cause: error });
	const { message } = error;
	if (error.name === "ReplyError") return new ServerError(message, { cause: error });
	// The only way for a command of ours to get it: `sendCommand` after the client ended.
	if (message === "Connection is closed.")
		return new ClosedError("The client is closed", "not-sent", { cause: error });
	if (
		message.startsWith("Connection in subscriber mode") ||
		message.startsWith("Connection is in monitoring mode")
	) {
		return new ConnectionError(`${message}: give the port a client of its own`, "not-sent", { cause: error });
	}
	return new ConnectionError(message, "unknown", { cause: error });
}
