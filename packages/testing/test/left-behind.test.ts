import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { isAlive } from "./support/processes.ts";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Runs the child with a directory of its own for temporary files; resolves when it has started its servers. */
async function runChild(how: string) {
	const temporary = mkdtempSync(join(tmpdir(), "rk-test-child-"));
	onTestFinished(() => rmSync(temporary, { recursive: true, force: true }));
	const loaders = ["--conditions=@rk/source", "--import", "tsx", "--import", here("support/lua-as-text.mjs")];
	const child = spawn(process.execPath, [...loaders, here("support/child.ts"), how], {
		env: { ...process.env, TMPDIR: temporary, REDIS_URL: "" },
		stdio: ["pipe", "pipe", "pipe"],
	});
	let stdout = "";
	let stderr = "";
	child.stdout.setEncoding("utf8").on("data", (text: string) => {
		stdout += text;
	});
	child.stderr.setEncoding("utf8").on("data", (text: string) => {
		stderr += text;
	});
	const exit = once(child, "exit");
	const printed = once(child.stdout, "data");
	await Promise.race([
		printed,
		exit.then(() => Promise.reject(new Error(`the child ended: ${stderr}`))),
	]).catch((error) => {
		if (!stdout.includes("\n")) throw error;
	});
	const { pids }: { pids: number[] } = JSON.parse(stdout);
	return { child, exit, pids, temporary, stderr: () => stderr };
}

/** How many of the child's servers live, and what is left of their directories. */
function left(pids: readonly number[], temporary: string): [number, string[]] {
	return [
		pids.filter(isAlive).length,
		readdirSync(temporary).filter((name) => name.startsWith("rk-testing-")),
	];
}

describe("a process that starts servers and does not stop them", () => {
	// Broken on purpose: a guard that does not read to the end turns this red.
	it("leaves nothing behind when it is killed", async () => {
		const { child, exit, pids, temporary } = await runChild("linger");
		expect(left(pids, temporary)).toEqual([2, [expect.any(String)]]);
		child.kill("SIGKILL");
		await exit;
		await expect.poll(() => left(pids, temporary), { timeout: 10_000 }).toEqual([0, []]);
	});

	// Broken on purpose: without the exit listener the servers, and their directories, outlive the process for a moment.
	it.each(["exit", "throw", "end"])(
		"leaves nothing behind by way of %s, and is not kept alive by them",
		async (how) => {
			const { exit, pids, temporary, stderr } = await runChild(how);
			const [code] = await exit;
			expect(code).toBe(how === "throw" ? 1 : 0);
			expect(left(pids, temporary)[1]).toEqual([]);
			// What was killed needs a moment to be gone.
			await expect.poll(() => left(pids, temporary), { timeout: 10_000 }).toEqual([0, []]);
			const lines = stderr()
				.split("\n")
				.filter((line) => line.startsWith("@rk/testing:"));
			expect(lines).toEqual([expect.stringMatching(/^@rk\/testing: (redis|valkey)-server [\d.]+ \(.+\)$/)]);
		},
	);
});
