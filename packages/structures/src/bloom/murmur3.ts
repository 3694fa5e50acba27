/**
 * MurmurHash3 x86_128 of Austin Appleby, public domain: four words of 32 bits, all of them well mixed.
 *
 * @see https://github.com/aappleby/smhasher/wiki/MurmurHash3
 */
export function murmur3(bytes: Uint8Array, seed = 0): [number, number, number, number] {
	const length = bytes.length;
	const end = length & ~15;
	let [h1, h2, h3, h4] = [seed, seed, seed, seed];
	for (let i = 0; i < end; i += 16) {
		h1 ^= scrambled(word(bytes, i), C1, 15, C2);
		h1 = (Math.imul(rotated(h1, 19) + h2, 5) + 0x561ccd1b) | 0;
		h2 ^= scrambled(word(bytes, i + 4), C2, 16, C3);
		h2 = (Math.imul(rotated(h2, 17) + h3, 5) + 0x0bcaa747) | 0;
		h3 ^= scrambled(word(bytes, i + 8), C3, 17, C4);
		h3 = (Math.imul(rotated(h3, 15) + h4, 5) + 0x96cd1c35) | 0;
		h4 ^= scrambled(word(bytes, i + 12), C4, 18, C1);
		h4 = (Math.imul(rotated(h4, 13) + h1, 5) + 0x32ac3b17) | 0;
	}
	// What is left, up to 15 bytes; those that are not there count as 0, and a word of 0 changes nothing.
	h1 ^= scrambled(word(bytes, end), C1, 15, C2);
	h2 ^= scrambled(word(bytes, end + 4), C2, 16, C3);
	h3 ^= scrambled(word(bytes, end + 8), C3, 17, C4);
	h4 ^= scrambled(word(bytes, end + 12), C4, 18, C1);
	return finished(h1 ^ length, h2 ^ length, h3 ^ length, h4 ^ length);
}

const C1 = 0x239b961b;
const C2 = 0xab0e9789;
const C3 = 0x38b34ae5;
const C4 = 0xa1e38b93;

function word(bytes: Uint8Array, i: number): number {
	return (
		(bytes[i] ?? 0) | ((bytes[i + 1] ?? 0) << 8) | ((bytes[i + 2] ?? 0) << 16) | ((bytes[i + 3] ?? 0) << 24)
	);
}

function rotated(x: number, by: number): number {
	return (x << by) | (x >>> (32 - by));
}

function scrambled(x: number, before: number, by: number, after: number): number {
	return Math.imul(rotated(Math.imul(x, before), by), after);
}

function finished(a: number, b: number, c: number, d: number): [number, number, number, number] {
	const sum = (a + b + c + d) | 0;
	const [h1, h2, h3, h4] = [avalanched(sum), avalanched(b + sum), avalanched(c + sum), avalanched(d + sum)];
	const all = (h1 + h2 + h3 + h4) | 0;
	return [all >>> 0, (h2 + all) >>> 0, (h3 + all) >>> 0, (h4 + all) >>> 0];
}

function avalanched(x: number): number {
	let h = x;
	h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
	h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
	return h ^ (h >>> 16);
}
