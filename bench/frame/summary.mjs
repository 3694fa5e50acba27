import { limitOf } from "./limit.mjs";
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
