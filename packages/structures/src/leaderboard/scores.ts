import { InvalidArgumentError, type ScoreBound } from "@rk/client";

/** Beyond it the rounding of a quotient and a product could add up to half a unit. */
const MOST_UNITS = 2 ** 51;

/** Scores as the board keeps them: text that reads back as the same number, or nothing is written. */
export class Scores {
	readonly #scale: number | undefined;
	readonly #infinity: boolean;
	/** The greatest score, either way, as it is kept. */
	readonly most: number;

	constructor(scale: number | undefined, infinity: boolean) {
		this.most = scale === undefined ? Number.MAX_SAFE_INTEGER : MOST_UNITS;
		this.#scale = scale;
		this.#infinity = infinity;
	}

	/**
	 * @throws {InvalidArgumentError} NaN; beyond 2^53 − 1, where neighbours cannot be told apart; an infinity, unless allowed; with a
	 * scale, not a multiple of 1 / scale
	 */
	text(argument: string, value: number): string {
		if (typeof value === "number") {
			if (this.#infinity && isInfinity(value)) return infinityText(value);
			const kept = this.#kept(value);
			if (kept !== undefined) return String(kept);
		}
		throw new InvalidArgumentError(argument, value, this.#allowed());
	}

	/** A bound of a range, as the server takes it: an infinity is no bound. */
	bound(argument: string, bound: ScoreBound): string {
		const value = typeof bound === "object" && bound !== null ? bound.exclusive : bound;
		const limit = isInfinity(value) ? infinityText(value) : this.text(argument, value);
		return value === bound ? limit : `(${limit}`;
	}

	read(text: string): number {
		if (text === "inf") return Number.POSITIVE_INFINITY;
		if (text === "-inf") return Number.NEGATIVE_INFINITY;
		const kept = Number(text) + 0; // another program may have written −0
		return this.#scale === undefined ? kept : kept / this.#scale;
	}

	#kept(value: number): number | undefined {
		if (this.#scale === undefined) return Math.abs(value) <= this.most ? value : undefined;
		const units = Math.round(value * this.#scale);
		return Math.abs(units) <= this.most && units / this.#scale === value ? units : undefined;
	}

	#allowed(): string {
		const infinity = this.#infinity ? ", or an infinity" : "";
		if (this.#scale === undefined) return `a number from −(2^53 − 1) to 2^53 − 1${infinity}`;
		return `a multiple of 1 / ${this.#scale}, up to 2^51 of them${infinity}`;
	}
}

function isInfinity(value: number): boolean {
	return value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY;
}

function infinityText(value: number): string {
	return value > 0 ? "inf" : "-inf"; // as Redis has it in replies, too
}
