import { load } from "./load.mjs";

/** Fewer would let one slow moment of the machine decide a median. */
const FEWEST_ROUNDS = 5;
const WARM_UP = 10_000;

/**
 * Every subject once a round, so that whatever else the machine does meets all of them alike; each round begins with the
 * next subject, so that none always runs after the same neighbour.
 *
 * @returns each subject's samples, by its name, one of each round
 */
export async function compare({ subjects, concurrency, operations, rounds }) {
	if (rounds < FEWEST_ROUNDS)
		throw new RangeError(`rounds is ${rounds}, but must be ${FEWEST_ROUNDS} or more`);
	const samples = new Map(subjects.map(({ name }) => [name, []]));
	// So that the compiler has done its work, and the connections are up.
	for (const { operation } of subjects) await load(operation, 64, WARM_UP);
	for (let round = 0; round < rounds; round++) {
		for (let i = 0; i < subjects.length; i++) {
			const { name, operation } = subjects[(round + i) % subjects.length];
			samples.get(name).push(await load(operation, concurrency, operations));
		}
	}
	return samples;
}
