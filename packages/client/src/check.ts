import { InvalidArgumentError } from "./errors.ts";
import type { RedisPort } from "./port.ts";

/** The longest delay that a Node.js timer takes. */
const LONGEST_MS = 2 ** 31 - 1;

/** @throws {InvalidArgumentError} not a whole number between the two */
export function checkInteger(
	argument: string,
	value: unknown,
	min: number,
	max: number = Number.MAX_SAFE_INTEGER,
): void {
	if (typeof value === "number" && Number.isSafeInteger(value) && value >= min && value <= max) return;
	const range = max === Number.MAX_SAFE_INTEGER ? `${min} or more` : `from ${min} to ${max}`;
	throw new InvalidArgumentError(argument, value, `a whole number, ${range}`);
}

/** @throws {InvalidArgumentError} not a time in milliseconds that a timer can wait */
export function checkMs(argument: string, value: unknown, min = 1): void {
	if (isMs(value, min)) return;
	throw new InvalidArgumentError(argument, value, `milliseconds, from ${min} to ${LONGEST_MS}`);
}

/** Milliseconds that a timer takes. */
export function isMs(value: unknown, min = 1): boolean {
	return typeof value === "number" && value >= min && value <= LONGEST_MS;
}

/** Half of a pair, which UTF-8 has no bytes for: in Redis they would all be the same. */
const LONE_SURROGATE = /\p{Cs}/u;

/** Text that Redis tells from all other texts. */
export function isText(value: unknown): value is string {
	return typeof value === "string" && !LONE_SURROGATE.test(value);
}

/** @throws {InvalidArgumentError} an option that nobody reads: a misspelling, or another library's name for it */
export function checkKnown(argument: string, options: object, known: readonly string[]): void {
	if (typeof options !== "object" || options === null) {
		throw new InvalidArgumentError(
			argument === "" ? "options" : argument,
			options,
			known.length === 0 ? "left out: there are no options" : `an object of ${known.join(", ")}`,
		);
	}
	for (const name of Object.keys(options)) {
		if (known.includes(name)) continue;
		const path = argument === "" ? name : `${argument}.${name}`;
		const those = known.length === 0 ? "there are no options" : `the options are ${known.join(", ")}`;
		throw new InvalidArgumentError(path, Reflect.get(options, name), `left out: ${those}`);
	}
}

/** @throws {InvalidArgumentError} not an array of one text or more */
export function checkTexts(argument: string, value: readonly unknown[]): void {
	if (Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === "string")) return;
	throw new InvalidArgumentError(argument, value, "an array of one text or more");
}

/** @throws {InvalidArgumentError} no port: such as a library's own client, which has a `command` too, of another meaning */
export function checkPort(argument: string, redis: RedisPort): void {
	if (typeof redis?.everyMaster === "function") return;
	throw new InvalidArgumentError(argument, redis, "what connect(), ioredisPort() or nodeRedisPort() gives");
}

/** @throws {InvalidArgumentError} not a function */
export function checkFunction(argument: string, value: unknown): void {
	if (typeof value !== "function") throw new InvalidArgumentError(argument, value, "a function");
}

/** @throws {InvalidArgumentError} not an array, as a string would be: taken apart, it gives its letters */
export function checkArray(argument: string, value: unknown): void {
	if (!Array.isArray(value)) throw new InvalidArgumentError(argument, value, "an array");
}
