import { expect, test } from "vitest";
import { murmur3 } from "../../src/bloom/murmur3.ts";

const bytesOf = (words: readonly number[]): Buffer => {
	const bytes = Buffer.alloc(16);
	for (const [i, word] of words.entries()) bytes.writeUInt32LE(word, 4 * i);
	return bytes;
};

// Hashes of keys of 0 to 255 bytes by other seeds, and then of all those: the author's own check of an implementation.
test("the hash is MurmurHash3 x86_128: SMHasher's verification value", () => {
	const hashes = Array.from({ length: 256 }, (_, length) =>
		bytesOf(
			murmur3(
				Uint8Array.from({ length }, (_, i) => i),
				256 - length,
			),
		),
	);
	const [first] = murmur3(Buffer.concat(hashes));
	expect(first).toBe(0xb3ece62a);
});

test("the hash of text is that of other implementations", () => {
	const hex = (text: string): string =>
		murmur3(Buffer.from(text))
			.map((word) => word.toString(16).padStart(8, "0"))
			.join("");
	expect(hex("")).toBe("0".repeat(32));
	expect(hex("I will not buy this record, it is scratched.")).toBe("a0a9683b25ac5e40d9af2895890dddf5");
});
