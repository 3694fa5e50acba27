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
 * JSON, as `JSON.stringify` has it: a Date comes back as text. Refuses what it would lose in silence: functions, symbols, NaN and
 * infinities.
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

function refuseLossy(name: string, value: unknown): unknown {
	if (typeof value === "number" && !Number.isFinite(value))
		throw new TypeError(`JSON would make null of ${value}${name === "" ? "" : ` in "${name}"`}`);
	if (typeof value === "function" || typeof value === "symbol")
		throw new TypeError(`JSON would lose the ${typeof value}${name === "" ? "" : ` in "${name}"`}`);
	return value;
}
