import { InvalidArgumentError } from "@rk/client";

/**
 * −1, 0 or 1 as `a` is lower than, the same as, or higher than `b`: for resources that keep the highest fence themselves.
 * A fence that came through JSON or a database is decimal text.
 *
 * @throws {InvalidArgumentError} neither a bigint nor decimal text
 */
export function compareFence(a: bigint | string, b: bigint | string): -1 | 0 | 1 {
	const first = fenceOf("a", a);
	const second = fenceOf("b", b);
	if (first === second) return 0;
	return first < second ? -1 : 1;
}

function fenceOf(argument: string, fence: bigint | string): bigint {
	if (typeof fence === "bigint" && fence >= 0n) return fence;
	if (typeof fence === "string" && /^\d+$/.test(fence)) return BigInt(fence);
	throw new InvalidArgumentError(argument, fence, "a bigint of 0 or more, or its decimal text");
}
