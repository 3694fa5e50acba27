import type { Algorithm, Operation, Standing } from "../algorithm.ts";

/** The algorithm as that of its kind: an account counts by one algorithm, whatever its limit. */
export function accountOf<K extends Algorithm["kind"]>(
	kind: K,
	algorithm: Algorithm,
): Extract<Algorithm, { kind: K }> {
	if (isKind(kind, algorithm)) return algorithm;
	throw new TypeError(`An account of ${kind} was given a limit of ${algorithm.kind}`);
}

function isKind<K extends Algorithm["kind"]>(
	kind: K,
	algorithm: Algorithm,
): algorithm is Extract<Algorithm, { kind: K }> {
	return algorithm.kind === kind;
}

/** The quotient as a whole number. Both not negative, or the result is that of numbers cut towards zero. */
export function ratio(a: bigint, b: bigint, rounded: "up" | "down"): bigint {
	return rounded === "up" && a % b > 0n ? a / b + 1n : a / b;
}

/** How many units the operation charges where so many have room; what a refund gives back is negative. */
export function chargeable(operation: Operation, units: number, room: number): number {
	switch (operation) {
		case "limit":
			return units <= room ? units : 0;
		case "upto":
		case "penalize":
			return Math.min(units, room);
		case "peek":
			return 0;
		case "refund":
			return -units;
	}
}

export function standing(
	operation: Operation,
	units: number,
	room: number,
	charged: number,
	rest: Omit<Standing, "granted">,
): Standing {
	const granted = operation === "peek" ? Math.min(units, room) : Math.max(0, charged);
	return { granted, ...rest };
}

/** May be denied, and then changes nothing. */
export function isQuestion(operation: Operation): boolean {
	return operation === "limit" || operation === "upto";
}
