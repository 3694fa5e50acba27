const HEAD = ["", "CPU µs/op", "min – max", "ops/s", "CPU ratio", "at most"];

/** A case as text, for people. */
export function table({ name, subjects, rounds, operations }, rows) {
	const lines = subjects.map(({ name: subject, against, atMost }) => {
		const find = (metric) => rows.find((row) => row.subject === subject && row.metric === metric);
		const [cpu, rate] = [find("cpu"), find("rate")];
		return [
			subject,
			cpu.value.toFixed(2),
			`${cpu.min.toFixed(2)} – ${cpu.max.toFixed(2)}`,
			Math.round(rate.value).toLocaleString("en"),
			cpu.ratio === null ? "" : `${cpu.ratio.toFixed(2)} × ${against}`,
			atMost === undefined ? "" : `${atMost.toFixed(2)} ${cpu.ratio <= atMost ? "✓" : "✗"}`,
		];
	});
	const columns = HEAD.map((_, i) => Math.max(...[HEAD, ...lines].map((line) => line[i].length)));
	// Words to the left, numbers to the right.
	const draw = (line) =>
		line
			.map((cell, i) => (i === 0 || i === 4 ? cell.padEnd(columns[i]) : cell.padStart(columns[i])))
			.join("  ")
			.trimEnd();
	const title = `${name}: medians of ${rounds} rounds of ${operations.toLocaleString("en")}`;
	return [title, ...[HEAD, ...lines].map(draw)].join("\n");
}
