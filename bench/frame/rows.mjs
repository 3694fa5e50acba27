import { UNITS } from "./load.mjs";

/**
 * One row for each subject and metric: the median of its rounds, their spread, and the ratio to the other subject: the median of the
 * rounds' own ratios, since a slow moment of the machine meets both of one round.
 */
export function rowsOf(bench, { name, subjects }, samples) {
	return subjects.flatMap(({ name: subject, against = null, atMost, atLeast }) =>
		Object.entries(UNITS).map(([metric, unit]) => {
			const values = valuesOf(samples, subject, metric);
			const others = against === null ? null : valuesOf(samples, against, metric);
			const value = median(values);
			const ratio = others === null ? null : median(values.map((value, round) => value / others[round]));
			const spread = { min: Math.min(...values), max: Math.max(...values) };
			const limit = metric === "cpu" ? { atMost } : { atLeast };
			return { bench, case: name, subject, metric, unit, value, against, ratio, ...spread, ...limit };
		}),
	);
}

function valuesOf(samples, subject, metric) {
	return samples.get(subject).map((sample) => sample[metric]);
}

function median(values) {
	const sorted = values.toSorted((a, b) => a - b);
	const middle = sorted.length >> 1;
	return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
