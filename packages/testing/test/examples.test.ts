import { describe, expect, inject, test } from "vitest";
import { examplesOf, packageOf, promisedBy, readmeOf, runExample, snippetsIn } from "../../../test/readme.ts";

const folder = packageOf(import.meta.url);
const examples = examplesOf(folder);

test("the code in the README is that of the examples, and each example is there or linked", () => {
	const readme = readmeOf(folder);
	const snippets = snippetsIn(readme);
	for (const snippet of snippets) expect([...examples.values()]).toContain(snippet);
	for (const [file, code] of examples) {
		expect(snippets.includes(code) || readme.includes(`/packages/testing/examples/${file})`), file).toBe(
			true,
		);
	}
});

describe.each([...examples])("the example %s", (file, code) => {
	test("prints what it says that it prints", async () => {
		const promised = promisedBy(code);
		expect(promised).not.toEqual([]);
		const printed = await runExample(folder, file, inject("redisUrl"));
		expect(printed.filter((line) => promised.includes(line))).toEqual(promised);
	});
});
