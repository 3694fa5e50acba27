import { type Arg, hashTag, type KeyPart, makeKey, slotOf } from "@rk/client";

/**
 * Sibling keys that share a slot, so that one script may use them together: `const order = tagged("order", 42)`, then
 * `order()` is `{order:42}` and `order("lock")` is `{order:42}:lock`. Parts are escaped as by `makeKey`.
 *
 * @throws {InvalidArgumentError} the tag would be empty
 */
export function tagged(
	...parts: ReadonlyArray<string | number | bigint>
): (...rest: readonly KeyPart[]) => string {
	const tag = hashTag(...parts);
	return (...rest) => makeKey(tag, ...rest);
}

/** Whether all these keys live in one slot of a cluster. */
export function sameSlot(keys: readonly Arg[]): boolean {
	const [first, ...rest] = keys;
	if (first === undefined) return true;
	const slot = slotOf(first);
	return rest.every((key) => slotOf(key) === slot);
}
