import { readdirSync, readFileSync } from "node:fs";
import { format } from "node:util";
import { vi } from "vitest";

/*
 * What keeps a package's README true: its code is that of the files in its `examples`, they run and print what their
 * comments say, and its tables say what the code says.
 */

/** A package's folder, from a test's `import.meta.url`. */
export function packageOf(test: string): URL {
	return new URL("../", test);
}

/** The text of the package's README. */
export function readmeOf(folder: URL): string {
	return readFileSync(new URL("README.md", folder), "utf8");
}

/** The package's examples, by file name. */
export function examplesOf(folder: URL): Map<string, string> {
	const files = readdirSync(new URL("examples/", folder)).filter((file) => file.endsWith(".ts"));
	return new Map(files.map((file) => [file, readFileSync(new URL(`examples/${file}`, folder), "utf8")]));
}

/** The TypeScript in a README, a block each. */
export function snippetsIn(readme: string): string[] {
	return [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = ""]) => code);
}

/** The rows of the tables in a section, as cells of plain text. */
export function tableIn(readme: string, heading: string): string[][] {
	const section = readme.split(/^## /m).find((text) => text.startsWith(`${heading}\n`)) ?? "";
	const rows = section
		.split("\n")
		.filter((line) => line.startsWith("| ") && !/^\| (-|option|code)/.test(line));
	return rows.map((row) =>
		row
			.split("|")
			.slice(1, -1)
			.map((cell) => cell.trim().replaceAll("`", "")),
	);
}

/** What each `console.log(…); // expected` of an example promises. */
export function promisedBy(example: string): string[] {
	return [...example.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, expected = ""]) => expected);
}

/** Runs an example on that server, and gives the lines that it printed. */
export async function runExample(folder: URL, file: string, redisUrl: string): Promise<string[]> {
	const printed: string[] = [];
	vi.stubEnv("REDIS_URL", redisUrl);
	const log = vi.spyOn(console, "log").mockImplementation((...values: unknown[]) => {
		printed.push(format(...values));
	});
	try {
		await import(new URL(`examples/${file}`, folder).href);
	} finally {
		log.mockRestore();
		vi.unstubAllEnvs();
	}
	return printed;
}
