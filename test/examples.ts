import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, inject, test } from "vitest";
import { examplesOf, packageOf, promisedBy, readmeOf, runExample, snippetsIn } from "./readme.ts";

/** Registers what keeps the examples of a package and its README together; `from` is the test's `import.meta.url`. */
export function testExamples(from: string): void {
	const folder = packageOf(from);
	const name = basename(fileURLToPath(folder));
	const examples = examplesOf(folder);

	test("the code in the README is that of the examples, and each example is there or linked", () => {
		const readme = readmeOf(folder);
		const snippets = snippetsIn(readme);
		// A snippet may be a part of an example, which is compiled and run whole.
		for (const snippet of snippets) {
			const whole = [...examples.values()].find((code) => code.includes(snippet));
			expect(whole, snippet).toBeDefined();
		}
		for (const [file, code] of examples) {
			const link = `https://github.com/rk-toolkit/rk/blob/main/packages/${name}/examples/${file}`;
			expect(snippets.includes(code) || readme.includes(link), file).toBe(true);
		}
	});

	// Relative ones lead nowhere from a copy in node_modules.
	test("the README's links are absolute", () => {
		const targets = [...readmeOf(folder).matchAll(/\]\(([^)]*)\)/g)].map(([, target]) => target);
		expect(targets).not.toEqual([]);
		expect(targets.filter((target) => !/^(https:\/\/|#)/.test(target ?? ""))).toEqual([]);
	});

	describe.each([...examples])("the example %s", (file, code) => {
		test("prints what it says that it prints", async () => {
			const promised = promisedBy(code);
			expect(promised).not.toEqual([]);
			const printed = await runExample(folder, file, inject("redisUrl"));
			expect(printed.filter((line) => promised.includes(line))).toEqual(promised);
		});
	});
}
