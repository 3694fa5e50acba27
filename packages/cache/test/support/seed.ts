/** Numbers that look random and are the same for the same seed, on every machine. */
export interface Dice {
	/** From 0 up to, not including, 1. */
	roll(): number;
	between(least: number, most: number): number;
	/** @throws {RangeError} there is nothing to pick from */
	pick<T>(among: readonly T[]): T;
	/** Some of them, at least one, in any order, and now and then one of them twice. */
	some<T>(among: readonly T[]): T[];
}

/** The generator "mulberry32" by Tommy Ettinger: 32 bits of state, good enough to choose operations by. */
export function dice(seed: number): Dice {
	let state = seed >>> 0;
	const roll = (): number => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
	const pick = <T>(among: readonly T[]): T => {
		const chosen = among[Math.floor(roll() * among.length)];
		if (chosen === undefined) throw new RangeError("There is nothing to pick from");
		return chosen;
	};
	return {
		roll,
		pick,
		between: (least, most) => least + roll() * (most - least),
		some: (among) => Array.from({ length: 1 + Math.floor(roll() * among.length) }, () => pick(among)),
	};
}
