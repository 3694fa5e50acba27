import type { Value } from "../history.ts";

/** What a library gave, which may be anything. */
export function valueOrMiss(given: unknown): Value | undefined {
	return given === undefined || given === null ? undefined : valueFrom(given);
}

/** @throws {Error} it is no value */
export function valueFrom(given: unknown): Value {
	if (typeof given === "object" && given !== null && "key" in given && "id" in given && "version" in given) {
		const { key, id, version } = given;
		if (typeof key === "string" && typeof id === "string" && typeof version === "number")
			return { key, id, version };
	}
	throw new Error(`Got ${JSON.stringify(given)} for a value`);
}
