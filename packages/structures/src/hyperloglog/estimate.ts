import { REGISTERS } from "./registers.ts";

/** Bits of the hash that a register counts in; a register is `HASH_BITS` + 1 at most. */
const HASH_BITS = 50;
/** 0.5 / ln 2 */
const ALPHA = 0.7213475204444817;

/**
 * About how many different elements made these registers: the estimator that Redis uses, in the same steps and the same
 * arithmetic, so that it gives the same number as PFCOUNT.
 *
 * @see Otmar Ertl, "New cardinality estimation algorithms for HyperLogLog sketches", arXiv:1702.01284
 */
export function estimate(registers: Uint8Array): number {
	const having = new Float64Array(64);
	for (const value of registers) having[value] = (having[value] ?? 0) + 1;
	const count = (value: number): number => having[value] ?? 0;
	let z = REGISTERS * tau((REGISTERS - count(HASH_BITS + 1)) / REGISTERS);
	for (let value = HASH_BITS; value >= 1; value--) z = (z + count(value)) * 0.5;
	z += REGISTERS * sigma(count(0) / REGISTERS);
	return Math.round((ALPHA * REGISTERS * REGISTERS) / z);
}

function sigma(share: number): number {
	if (share === 1) return Number.POSITIVE_INFINITY;
	let x = share;
	let y = 1;
	let z = share;
	let before: number;
	do {
		x *= x;
		before = z;
		z += x * y;
		y += y;
	} while (z !== before);
	return z;
}

function tau(share: number): number {
	if (share === 0 || share === 1) return 0;
	let x = share;
	let y = 1;
	let z = 1 - share;
	let before: number;
	do {
		x = Math.sqrt(x);
		before = z;
		y *= 0.5;
		z -= (1 - x) ** 2 * y;
	} while (z !== before);
	return z / 3;
}
