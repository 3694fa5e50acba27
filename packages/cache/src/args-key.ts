import { createHash } from "node:crypto";
import { types } from "node:util";
import { InvalidArgumentError } from "@rk/client";

/** Longer keys are hashed. */
const LONGEST = 200;

/**
 * The key of an argument: the same for equal plain values, whatever the order of their properties, and another one for all others:
 * `undefined` is not `null`, `1` is not `"1"`, −0 is 0.
 *
 * @throws {InvalidArgumentError} a function, a symbol, a cycle, or an object of a class that is not known
 */
export function keyOfArgument(argument: unknown): string {
	const text = canonical(argument, []);
	if (Buffer.byteLength(text) <= LONGEST) return text;
	return `#${createHash("sha256").update(text).digest("base64url")}`;
}

function canonical(value: unknown, inside: readonly object[]): string {
	switch (typeof value) {
		case "string":
			return JSON.stringify(value);
		case "number":
			return String(value);
		case "boolean":
		case "undefined":
			return String(value);
		case "bigint":
			return `${value}n`;
		case "object":
			return value === null ? "null" : ofObject(value, inside);
		default:
			throw unkeyable(value);
	}
}

function ofObject(value: object, inside: readonly object[]): string {
	if (inside.includes(value)) throw unkeyable(value);
	const deeper = [...inside, value];
	const each = (items: Iterable<unknown>): string[] => [...items].map((item) => canonical(item, deeper));
	if (Array.isArray(value)) return `[${each(value).join(",")}]`;
	if (value instanceof Date) return `D${value.getTime()}`;
	if (ArrayBuffer.isView(value)) {
		const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
		return `B${value instanceof Uint8Array ? "" : value.constructor.name}:${bytes.toString("base64url")}`;
	}
	if (value instanceof Set) return `S{${each(value).sort().join(",")}}`;
	if (value instanceof Map) {
		const pairs = [...value].map(([key, item]) => `${canonical(key, deeper)}:${canonical(item, deeper)}`);
		return `M{${pairs.sort().join(",")}}`;
	}
	const prototype: unknown = Object.getPrototypeOf(value);
	if ((prototype !== Object.prototype && prototype !== null) || types.isProxy(value)) throw unkeyable(value);
	const pairs = Object.entries(value).map(
		([key, item]) => `${JSON.stringify(key)}:${canonical(item, deeper)}`,
	);
	return `{${pairs.sort().join(",")}}`;
}

function unkeyable(value: unknown): InvalidArgumentError {
	return new InvalidArgumentError(
		"argument",
		value,
		"plain data without cycles (text, numbers, arrays, objects, dates, maps, sets, bytes), or the definition needs a key",
	);
}
