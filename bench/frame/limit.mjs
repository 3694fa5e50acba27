/** Whether a target was met, for people. */
export const verdict = (met) => (met ? "✓" : "✗");

/** What a row has to keep, and whether it does; `undefined`: nothing. A limit is one of the ratio where there is a ratio, else of the value. */
export function limitOf({ atMost, atLeast, ratio, value }) {
	const is = ratio ?? value;
	if (atMost !== undefined) return `${verdict(is <= atMost)} at most ${Number(atMost.toFixed(3))}`;
	if (atLeast !== undefined) return `${verdict(is >= atLeast)} at least ${Number(atLeast.toFixed(3))}`;
	return undefined;
}
