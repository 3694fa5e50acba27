import { isText } from "./check.ts";
import { InvalidArgumentError } from "./errors.ts";

/** A part of a key that decides its slot; made by {@link hashTag}. */
export interface HashTag {
	readonly hashTag: string;
}

export type KeyPart = string | number | bigint | HashTag;

function escaped(part: string | number | bigint): string {
	const fits =
		typeof part === "number" ? Number.isFinite(part) : typeof part === "string" || typeof part === "bigint";
	if (!fits) throw new InvalidArgumentError("parts", part, "strings, finite numbers and bigints");
	const text = String(part);
	let checked = false;
	let result = "";
	let from = 0;
	// A loop, since every decision and every cached value makes a key: a regular expression takes five times as long.
	for (let i = 0; i < text.length; i++) {
		const code = text.charCodeAt(i);
		if (code >= 0xd800 && code <= 0xdfff && !checked) {
			if (!isText(text)) throw new InvalidArgumentError("parts", part, "well-formed text");
			checked = true;
		}
		const escapedAs = escapeOf(code);
		if (escapedAs === undefined) continue;
		result += text.slice(from, i) + escapedAs;
		from = i + 1;
	}
	return from === 0 ? text : result + text.slice(from);
}

function escapeOf(code: number): string | undefined {
	switch (code) {
		case 0x25:
			return "%25";
		case 0x3a:
			return "%3A";
		case 0x7b:
			return "%7B";
		case 0x7d:
			return "%7D";
		default:
			return undefined;
	}
}

/**
 * A key of parts: `makeKey("user", 42, "profile")` is `user:42:profile`.
 *
 * Different parts give different keys: `%`, `:`, `{` and `}` inside a part are percent-encoded, so that `("a", "b:c")` is not
 * `("a", "b", "c")` and a part cannot smuggle in a hash tag.
 *
 * @throws {InvalidArgumentError} no part, a part that is not well-formed text or a finite number, or more than one hash tag
 */
export function makeKey(...parts: readonly KeyPart[]): string {
	if (parts.length === 0) throw new InvalidArgumentError("parts", parts, "one part or more");
	let tags = 0;
	const texts = parts.map((part) => {
		if (typeof part !== "object" || part === null) return escaped(part);
		tags += 1;
		return `{${part.hashTag}}`;
	});
	if (tags > 1)
		throw new InvalidArgumentError(
			"parts",
			parts,
			"parts with one hash tag at most: only the first decides the slot",
		);
	return texts.join(":");
}

/**
 * The part that decides a key's slot: keys with the same tag live in one slot of a cluster, whatever else they contain.
 * `makeKey("lock", hashTag("orders", 42), "fence")` is `lock:{orders:42}:fence`.
 *
 * @throws {InvalidArgumentError} the tag would be empty, which the server ignores
 */
export function hashTag(...parts: ReadonlyArray<string | number | bigint>): HashTag {
	const text = parts.map(escaped).join(":");
	if (text === "") throw new InvalidArgumentError("parts", parts, "one part or more that is not empty");
	return Object.freeze({ hashTag: text });
}
