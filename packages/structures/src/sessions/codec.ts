import { InvalidArgumentError } from "@rk/client";

/** Makes bytes of a session's data and back. What it makes is stored as it is; no script looks into it. */
export interface SessionCodec<T> {
	encode(data: T): string | Buffer;
	/** What it throws makes the session count as missing; see {@link SessionsOptions.onCorrupt}. */
	decode(bytes: Buffer): T;
}

/** `JSON.stringify` and `JSON.parse`. */
export function json<T>(): SessionCodec<T> {
	return {
		encode: (data) => {
			const text = written(data);
			if (text === undefined) throw new InvalidArgumentError("data", data, "what JSON has, as an object");
			return text;
		},
		decode: (bytes) => JSON.parse(bytes.toString()),
	};
}

/** `undefined`: JSON has no such thing, as a function, a bigint, or what contains itself. */
function written(data: unknown): string | undefined {
	try {
		return JSON.stringify(data);
	} catch (error) {
		if (error instanceof TypeError) return undefined;
		throw error;
	}
}
