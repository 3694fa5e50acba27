import type { Reporter, TestCase, TestModule, TestRunEndReason, Vitest } from "vitest/node";

/**
 * Ends the run with one plain line, `N passed, N failed, N skipped`, for tools that read the last line.
 * Above it stands why each skipped test was skipped; a skip that gives no reason fails the run.
 */
export default class SummaryReporter implements Reporter {
	#vitest: Vitest | undefined;

	onInit(vitest: Vitest): void {
		this.#vitest = vitest;
	}

	onTestRunEnd(
		modules: readonly TestModule[],
		unhandled: readonly unknown[],
		reason: TestRunEndReason,
	): void {
		const filtered = this.#vitest?.config.testNamePattern !== undefined;
		const count = { passed: 0, failed: unhandled.length, skipped: 0 };
		for (const module of modules) {
			// A file that does not import, and a hook that throws, fail without a test of their own.
			count.failed += module.errors().length;
			for (const suite of module.children.allSuites()) count.failed += suite.errors().length;
			for (const test of module.children.allTests()) {
				const result = test.result();
				if (result.state === "skipped" && !filtered) count[explainSkip(test, result.note)] += 1;
				else if (result.state !== "pending") count[result.state] += 1;
			}
		}
		// Without a test to blame: the global setup threw, no file was found, or somebody stopped the run.
		if (reason !== "passed" && count.failed === 0) count.failed = 1;
		if (count.failed > 0) process.exitCode = 1;
		console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
	}
}

/** Prints the reason given to `context.skip(reason)` and says what the skip counts as. */
function explainSkip(test: TestCase, reason: string | undefined): "skipped" | "failed" {
	const where = `${test.project.name} > ${test.fullName}`;
	console.log(`${reason ? "skipped" : "skipped without a reason, which counts as failed"}: ${where}`);
	if (reason) console.log(`         ${reason}`);
	return reason ? "skipped" : "failed";
}
