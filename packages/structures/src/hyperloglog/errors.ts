import { RkError } from "@rk/client";

/** A key holds no HyperLogLog, or a damaged one. Nothing was changed. */
export class InvalidHyperLogLogError extends RkError {
	override readonly name = "InvalidHyperLogLogError";
	override readonly code = "RK_HYPERLOGLOG_INVALID";
	/** The key; several, where the server looked at them together and does not say which of them it is. */
	readonly keys: readonly string[];

	constructor(keys: readonly string[], options?: ErrorOptions) {
		const [first = ""] = keys;
		const which = keys.length === 1 ? JSON.stringify(first) : `One of ${keys.length} keys`;
		super(`${which} holds no HyperLogLog, or a damaged one`, options);
		this.keys = keys;
	}
}

/** What the server's refusal says about the keys, where it says something about them. */
export function explained(error: unknown, keys: readonly string[]): unknown {
	const about = error instanceof RkError && (error.code === "WRONGTYPE" || error.code === "INVALIDOBJ");
	return about ? new InvalidHyperLogLogError(keys, { cause: error }) : error;
}
