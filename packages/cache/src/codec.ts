/** Turns values into bytes and back. What comes back is what callers get, also of what was just loaded. */
export interface Codec {
	/** 0 to 127 are rk's own. It is stored with each value: what another codec wrote counts as missing, and is left alone. */
	readonly id: number;
	/** Throws where the value would not come back. */
	encode(value: unknown): Buffer;
	/** Throws where the bytes are not of this codec. */
	decode(bytes: Buffer): unknown;
}

/**
 * JSON, as `JSON.stringify` has it: a Date comes back as text, an instance of a class as a plain object. Refuses what it would lose in
 * silence: functions, symbols, NaN and infinities, maps, sets, bytes, regular expressions, errors and promises.
 */
export const json: Codec = Object.freeze({
	id: 0,
	encode(value: unknown): Buffer {
		const text = JSON.stringify(value, refuseLossy);
		if (text === undefined) throw new TypeError(`JSON has nothing for ${typeof value}`);
		return Buffer.from(text);
	},
	decode(bytes: Buffer): unknown {
		return JSON.parse(bytes.toString());
	},
});

/** What JSON makes of these is an empty object, or one of numbers by their places. */
const LOST = [Map, Set, WeakMap, WeakSet, RegExp, Error, Promise, ArrayBuffer];

/** @param value what is at `name` in `this`, or what its `toJSON` made of it */
function refuseLossy(this: Readonly<Record<string, unknown>>, name: string, value: unknown): unknown {
	if (typeof value === "number" && !Number.isFinite(value))
		throw new TypeError(`JSON would make null of ${value}${at(name)}`);
	if (typeof value === "function" || typeof value === "symbol")
		throw new TypeError(`JSON would lose the ${typeof value}${at(name)}`);
	if (typeof value === "object" && value !== null && !Array.isArray(value)) {
		const plain = Object.getPrototypeOf(value) === Object.prototype;
		const lost = !plain && (ArrayBuffer.isView(value) || LOST.some((kind) => value instanceof kind));
		if (lost || Buffer.isBuffer(this[name]))
			throw new TypeError(
				`JSON would lose what is in the ${lost ? value.constructor.name : "Buffer"}${at(name)}`,
			);
	}
	return value;
}

function at(name: string): string {
	return name === "" ? "" : ` in "${name}"`;
}
