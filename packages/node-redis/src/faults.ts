import {
	ClosedError,
	type CommandError,
	ConnectionError,
	type FailedCommand,
	RkError,
	ServerError,
} from "@rk/client";

/** What commands are rejected with that are taken back before they are written: {@link fault} makes each one's own error of it. */
export const UNWRITTEN = "The connection was lost before the command left";

/** What the library rejects with that was in flight when its client was destroyed, by whomever. */
export const DESTROYED = "Disconnects client";

/** The library's own messages for what it refused to write. */
const NOT_SENT: ReadonlySet<string> = new Set([
	"The client is offline",
	"The queue is full",
	"Connection timeout",
	"All the root nodes are unavailable",
	UNWRITTEN,
]);

/** Codes of the system for a connection that never was. */
const NO_CONNECTION: ReadonlySet<string> = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN"]);

const replyClasses = new WeakMap<object, boolean>();

/** What an error of the library, or of the system underneath, says about the command that rejected with it. */
export function fault(error: unknown, failed: FailedCommand = {}): CommandError {
	if (isCommandError(error)) return error;
	const options = { ...failed, cause: error };
	if (!(error instanceof Error)) return new ConnectionError("The command failed", "unknown", options);
	const { message } = error;
	if (isReply(error)) return new ServerError(message, options);
	if (message === "The client is closed") return new ClosedError(message, "not-sent", options);
	if (message === "The command was aborted")
		return new ClosedError("The port was closed", "unknown", options);
	if (message === DESTROYED) return new ClosedError("The client was closed", "unknown", options);
	const notSent = NOT_SENT.has(message) || NO_CONNECTION.has(codeOf(error));
	return new ConnectionError(message || error.name, notSent ? "not-sent" : "unknown", options);
}

/** The code that Node.js gives to errors of the system, of DNS and of TLS. */
function codeOf(error: Error): string {
	return "code" in error && typeof error.code === "string" ? error.code : "";
}

function isCommandError(error: unknown): error is CommandError {
	return error instanceof RkError && "outcome" in error;
}

/**
 * Whether the server sent it. By class, SimpleError and BlobError being ErrorReply, not by `instanceof`: the driver is not
 * imported. Where a bundler shortened the names, the two generations below Error tell, which only replies have.
 */
function isReply(error: Error): boolean {
	const known = replyClasses.get(error.constructor);
	if (known !== undefined) return known;
	const line = ancestry(error.constructor);
	const named = line.includes("ErrorReply");
	const is = named || (line.length === 2 && codeOf(error) === "" && !line.includes("TimeoutError"));
	replyClasses.set(error.constructor, is);
	return is;
}

/** The names of a class and of those that it extends, up to Error. */
function ancestry(of: unknown): string[] {
	const names: string[] = [];
	for (let at = of; typeof at === "function" && at !== Error && at !== Function.prototype; ) {
		names.push(at.name);
		at = Object.getPrototypeOf(at);
	}
	return names;
}
