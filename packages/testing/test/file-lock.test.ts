import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { withFileLock } from "../src/file-lock.ts";

const folder = mkdtempSync(join(tmpdir(), "rk-test-lock-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("one at a time holds a lock, and nobody after", async () => {
	const lock = join(folder, "busy");
	let inside = 0;
	let most = 0;
	const work = async (): Promise<void> => {
		inside += 1;
		most = Math.max(most, inside);
		expect(readFileSync(lock, "utf8")).toBe(`${process.pid}`);
		await new Promise(setImmediate);
		inside -= 1;
	};
	await Promise.all([withFileLock(lock, work), withFileLock(lock, work), withFileLock(lock, work)]);
	expect(most).toBe(1); // without the `wx` flag it is 3
	expect(existsSync(lock)).toBe(false);
});

test("a lock is given up when the work fails", async () => {
	const lock = join(folder, "failed");
	await expect(withFileLock(lock, () => Promise.reject(new Error("on purpose")))).rejects.toThrow(
		"on purpose",
	);
	expect(existsSync(lock)).toBe(false);
});

test("a lock whose owner is gone is taken over", async () => {
	const lock = join(folder, "orphaned");
	const { pid } = spawnSync(process.execPath, ["--version"]);
	writeFileSync(lock, `${pid}`);
	let worked = false;
	await withFileLock(lock, async () => {
		worked = true;
	});
	expect(worked).toBe(true);
});

test("a lock that was held far too long is taken over, whoever holds it", async () => {
	const lock = join(folder, "old");
	writeFileSync(lock, `${process.pid}`);
	utimesSync(lock, new Date(0), new Date(0));
	let worked = false;
	await withFileLock(lock, async () => {
		worked = true;
	});
	expect(worked).toBe(true);
});

// Broken on purpose: what the lock's file cannot be made for thrown inside the wait. It went on for ten minutes.
test("a lock that cannot be made is told at once", async () => {
	const work = (): Promise<void> => Promise.reject(new Error("it worked"));
	await expect(withFileLock(join(folder, "missing", "lock"), work)).rejects.toMatchObject({ code: "ENOENT" });
});

test("a lock that was made just now, and is yet to be signed, is waited for", async () => {
	const lock = join(folder, "unsigned");
	writeFileSync(lock, "");
	let worked = false;
	const working = withFileLock(lock, async () => {
		worked = true;
	});
	await new Promise((resolve) => setTimeout(resolve, 100)); // several looks at it
	expect([worked, readFileSync(lock, "utf8")]).toEqual([false, ""]);
	rmSync(lock);
	await working;
	expect(worked).toBe(true);
});
