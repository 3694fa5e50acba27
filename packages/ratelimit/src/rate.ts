import { checkInteger } from "@rk/client";

/** So many units in so much time, at an even pace. Made by {@link perSecond} and its like. */
export interface Rate {
	readonly units: number;
	readonly periodMs: number;
}

/** 366 days: nothing is remembered for longer. */
export const LONGEST_MS: number = 366 * 86_400_000;

/** Units in a period of any length. @throws {InvalidArgumentError} not whole numbers, or a period beyond 366 days */
export function per(units: number, periodMs: number): Rate {
	checkInteger("units", units, 1, 1e9);
	checkInteger("periodMs", periodMs, 1, LONGEST_MS);
	return Object.freeze({ units, periodMs });
}

export function perSecond(units: number): Rate {
	return per(units, 1_000);
}

export function perMinute(units: number): Rate {
	return per(units, 60_000);
}

export function perHour(units: number): Rate {
	return per(units, 3_600_000);
}

export function perDay(units: number): Rate {
	return per(units, 86_400_000);
}
