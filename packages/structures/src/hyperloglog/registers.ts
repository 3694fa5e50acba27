import { InvalidHyperLogLogError } from "./errors.ts";

/** How many registers Redis' HyperLogLog has. */
export const REGISTERS = 16_384;

const HEADER_BYTES = 16;
const DENSE_BYTES = HEADER_BYTES + (REGISTERS * 6) / 8;
const ENCODING_AT = 4;
const [DENSE, SPARSE] = [0, 1];

/**
 * Raises each of `into` to what the value of a HyperLogLog has there, in either of Redis' encodings: the union of all that is
 * given to it one after the other.
 *
 * @throws {InvalidHyperLogLogError} the value is no HyperLogLog, or a damaged one; `into` is of no use then
 */
export function raise(into: Uint8Array, key: string, value: Buffer): void {
	const encoding = value.toString("latin1", 0, ENCODING_AT) === "HYLL" ? value[ENCODING_AT] : undefined;
	const whole =
		(encoding === DENSE && raiseDense(into, value)) || (encoding === SPARSE && raiseSparse(into, value));
	if (!whole) throw new InvalidHyperLogLogError([key]);
}

/** Registers of 6 bits, the lowest bits first: four of them are three bytes. */
function raiseDense(into: Uint8Array, value: Buffer): boolean {
	if (value.length !== DENSE_BYTES) return false;
	for (let i = 0; i < REGISTERS; i += 4) {
		const bits = value.readUIntLE(HEADER_BYTES + (i / 4) * 3, 3);
		for (let j = 0; j < 4; j++) raiseOne(into, i + j, (bits >> (6 * j)) & 63);
	}
	return true;
}

/**
 * Runs of registers, which must cover all of them and no more. `00nnnnnn`: n + 1 of value 0; `01nnnnnn nnnnnnnn`: the same with 14
 * bits; `1vvvvvnn`: n + 1 of value v + 1.
 */
function raiseSparse(into: Uint8Array, value: Buffer): boolean {
	let register = 0;
	for (let at = HEADER_BYTES; at < value.length; at++) {
		const code = value.readUInt8(at);
		if (code < 0x40) register += code + 1;
		else if (code < 0x80) {
			at += 1;
			if (at === value.length) return false;
			register += ((code & 63) << 8) + value.readUInt8(at) + 1;
		} else {
			const end = register + (code & 3) + 1;
			for (; register < end; register++) raiseOne(into, register, ((code >> 2) & 31) + 1);
		}
	}
	return register === REGISTERS;
}

function raiseOne(into: Uint8Array, register: number, value: number): void {
	// Beyond the last register an array of bytes takes nothing.
	if (value > (into[register] ?? 0)) into[register] = value;
}
