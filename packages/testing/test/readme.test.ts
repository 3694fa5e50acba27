import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { packageOf, readmeOf, tableIn } from "../../../test/readme.ts";

const folder = packageOf(import.meta.url);
const sourceOf = (file: string): string => readFileSync(new URL(`src/${file}`, folder), "utf8");

test("the README explains every error code, and no other", () => {
	const codes = [...sourceOf("errors.ts").matchAll(/ code = "(RK_\w+)"/g)].map(([, code = ""]) => code);
	const explained = tableIn(readmeOf(folder), "Errors").map(([code = ""]) => code);
	expect(explained.sort()).toEqual(["RK_INVALID_ARGUMENT", ...codes].sort());
});

test("the README names every option, and no other", () => {
	const files = {
		startServer: "start-server.ts",
		startCluster: "start-cluster.ts",
		startSentinel: "start-sentinel.ts",
	};
	const options = Object.entries(files).flatMap(([start, file]) =>
		[...sourceOf(file).matchAll(/^\treadonly (\w+)\?:/gm)].map(([, option]) => `${start}: ${option}`),
	);
	const named = tableIn(readmeOf(folder), "Options").flatMap(([option = ""]) => {
		const [start = "", name] = option.split(": ");
		return start === "all" ? Object.keys(files).map((each) => `${each}: ${name}`) : [option];
	});
	expect(named.sort()).toEqual(options.sort());
});

test("the README names every verb of servers, clusters, Sentinel groups and proxies", () => {
	const verbs = ["server.ts", "cluster.ts", "sentinel.ts", "proxy/proxy.ts"].flatMap((file) => {
		const [, body = ""] =
			/^export interface \w+ extends AsyncDisposable \{\n(.*?)^\}/ms.exec(sourceOf(file)) ?? [];
		return [
			...body.matchAll(
				/^\t(\w+)\(.*\): (?:Promise<(?:void|number|boolean|ClusterNode|TestServer)>|void);$/gm,
			),
		];
	});
	const names = verbs.map(([, name = ""]) => name).filter((name) => name !== "stop");
	const table = tableIn(readmeOf(folder), "Faults").flat().join(" ");
	expect(names.length).toBeGreaterThan(20);
	for (const name of names) expect(table).toMatch(new RegExp(`\\b${name}\\b`));
});
