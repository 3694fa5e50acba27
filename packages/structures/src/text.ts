import { InvalidArgumentError } from "@rk/client";

/** Halves of pairs, which UTF-8 has no bytes for: in Redis they would all be the same. */
const LONE_SURROGATE = /\p{Cs}/u;

/** Is it text that Redis tells from all other texts? */
export function isText(value: unknown): value is string {
	return typeof value === "string" && !LONE_SURROGATE.test(value);
}

/** @throws {InvalidArgumentError} no text, empty, or text that UTF-8 cannot tell from another */
export function checkText(argument: string, value: unknown): void {
	if (!isText(value) || value === "")
		throw new InvalidArgumentError(argument, value, "well-formed text, not empty");
}
