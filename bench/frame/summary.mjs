import { inColumns } from "./table.mjs";

const HEAD = ["bench", "case", "subject", "", "value", "ratio", "against", "limit"];

/** One table of all benches: what is compared with something, or has a limit to keep. */
export function summary(rows) {
	const lines = rows
		.filter((row) => (row.metric === "cpu" && row.ratio !== null) || limitOf(row) !== undefined)
		.map((row) => [
			row.bench,
			row.case,
			row.subject,
			row.metric,
			`${Number(row.value.toPrecision(4)).toLocaleString("en")} ${row.unit}`,
			row.ratio === null ? "" : row.ratio.toFixed(2),
			row.against ?? "",
			limitOf(row) ?? "",
		]);
	return inColumns([HEAD, ...lines], [0, 1, 2, 3, 6, 7]).join("\n");
}

/** A limit is one of the ratio where there is a ratio, else of the value. */
function limitOf({ atMost, atLeast, ratio, value }) {
	const is = ratio ?? value;
	if (atMost !== undefined) return `${is <= atMost ? "✓" : "✗"} at most ${Number(atMost.toFixed(3))}`;
	if (atLeast !== undefined) return `${is >= atLeast ? "✓" : "✗"} at least ${Number(atLeast.toFixed(3))}`;
	return undefined;
}
