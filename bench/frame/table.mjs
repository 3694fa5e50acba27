import { limitOf } from "./limit.mjs";

const HEAD = ["", "CPU µs/op", "min – max", "ops/s", "CPU ×", "ops/s ×", "of", "limit"];

/** A case as text, for people. */
export function table({ name, subjects, rounds, operations }, rows) {
	const lines = subjects.map(({ name: subject, against }) => {
		const find = (metric) => rows.find((row) => row.subject === subject && row.metric === metric);
		const [cpu, rate] = [find("cpu"), find("rate")];
		return [
			subject,
			cpu.value.toFixed(2),
			`${cpu.min.toFixed(2)} – ${cpu.max.toFixed(2)}`,
			Math.round(rate.value).toLocaleString("en"),
			cpu.ratio?.toFixed(2) ?? "",
			rate.ratio?.toFixed(2) ?? "",
			against ?? "",
			[limitOf(cpu), limitOf(rate)].filter((limit) => limit !== undefined).join(", "),
		];
	});
	const title = `${name}: medians of ${rounds} rounds of ${operations.toLocaleString("en")}`;
	return [title, ...inColumns([HEAD, ...lines], [0, 6, 7])].join("\n");
}

/** Lines of cells, aligned: to the left in the columns of words, to the right in those of numbers. */
export function inColumns(lines, words) {
	const widths = lines[0].map((_, i) => Math.max(...lines.map((line) => line[i].length)));
	return lines.map((line) =>
		line
			.map((cell, i) => (words.includes(i) ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
			.join("  ")
			.trimEnd(),
	);
}
