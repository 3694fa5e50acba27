import { BarChart } from "echarts/charts";
import { GridComponent, TitleComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";

use([BarChart, GridComponent, TitleComponent, SVGRenderer]);

const BAR = 18;
const GAP = 34;
const WIDTH = 900;
const LEFT = 260;
const [OURS, OTHERS] = ["#2563eb", "#9ca3af"];

/** CPU time of an operation, a group of bars for each case, shorter is better: an SVG. Ours stand out in colour. */
export function chart(bench, rows) {
	const times = rows.filter(({ metric }) => metric === "cpu");
	if (times.length === 0) return undefined;
	const grids = [];
	let top = 60;
	for (const name of new Set(times.map((row) => row.case))) {
		const bars = times.filter((row) => row.case === name);
		grids.push({ name, bars, top, height: bars.length * BAR });
		top += bars.length * BAR + GAP;
	}
	const drawing = init(null, null, { renderer: "svg", ssr: true, width: WIDTH, height: top });
	drawing.setOption({
		animation: false,
		backgroundColor: "#ffffff",
		title: [
			{
				text: `${bench}: CPU time of this process for one operation, µs`,
				left: 10,
				top: 10,
				textStyle: { fontSize: 15 },
			},
			...grids.map(({ name, top }) => ({ text: name, left: 10, top: top - 22, textStyle: { fontSize: 12 } })),
		],
		grid: grids.map(({ top, height }) => ({ left: LEFT, right: 70, top, height })),
		xAxis: grids.map((_, gridIndex) => ({ type: "value", gridIndex, show: false })),
		yAxis: grids.map(({ bars }, gridIndex) => ({
			...{ type: "category", gridIndex, inverse: true, data: bars.map(({ subject }) => subject) },
			...{ axisTick: { show: false }, axisLine: { show: false } },
		})),
		series: grids.map(({ bars }, index) => ({
			...{ type: "bar", xAxisIndex: index, yAxisIndex: index, barWidth: BAR - 5 },
			label: { show: true, position: "right", formatter: ({ value }) => value.toFixed(2) },
			data: bars.map(({ subject, value }) => ({
				value,
				itemStyle: { color: subject.startsWith("@rk/") ? OURS : OTHERS },
			})),
		})),
	});
	const svg = drawing.renderToSVGString();
	drawing.dispose();
	return svg;
}
