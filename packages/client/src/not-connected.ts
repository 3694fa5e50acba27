import { ConnectionError } from "./errors.ts";

/** A node that the client knows of, but has no connection to at the moment. */
export function notConnected(node: string): ConnectionError {
	return new ConnectionError(`There is no connection to ${node}`, "not-sent");
}
