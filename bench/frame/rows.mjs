import { UNITS } from "./load.mjs";

/** One row for each subject and metric: the median of its rounds, their spread, and the ratio to the other subject's median. */
export function rowsOf(bench, { name, subjects }, samples) {
	return subjects.flatMap(({ name: subject, against = null, atMost }) =>
		Object.entries(UNITS).map(([metric, unit]) => {
			const values = samples.get(subject).map((sample) => sample[metric]);
			const value = median(values);
			const ratio =
				against === null ? null : value / median(samples.get(against).map((sample) => sample[metric]));
			const spread = { min: Math.min(...values), max: Math.max(...values) };
			const limit = metric === "cpu" && atMost !== undefined ? { atMost } : {};
			return { bench, case: name, subject, metric, unit, value, against, ratio, ...spread, ...limit };
		}),
	);
}

function median(values) {
	const sorted = values.toSorted((a, b) => a - b);
	const middle = sorted.length >> 1;
	return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
