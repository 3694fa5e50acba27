import { readFile, rm, stat, writeFile } from "node:fs/promises";
import { until } from "./wait.ts";

const STALE_MS = 10 * 60_000;

/** The lock's owner is gone, or so slow that it may as well be. */
async function isAbandoned(path: string): Promise<boolean> {
	const [{ mtimeMs }, owner] = await Promise.all([stat(path), readFile(path, "utf8")]);
	if (Date.now() - mtimeMs > STALE_MS) return true;
	if (owner === "") return false; // made just now, not yet signed
	try {
		process.kill(Number(owner), 0);
		return false;
	} catch (error) {
		return hasCode(error, "ESRCH");
	}
}

function hasCode(error: unknown, code: string): boolean {
	return error instanceof Error && "code" in error && error.code === code;
}

/**
 * Runs `work` while no other process of this machine runs its own under the same lock. A lock whose owner died is taken
 * over; in a rare race that may let two in, so what `work` makes must come into being all at once, by a rename.
 */
export async function withFileLock(path: string, work: () => Promise<void>): Promise<void> {
	let impossible: unknown;
	await until(`the lock ${path}`, STALE_MS, async () => {
		try {
			await writeFile(path, `${process.pid}`, { flag: "wx" });
			return true;
		} catch (error) {
			if (!hasCode(error, "EEXIST")) {
				impossible = error; // waiting would not help
				return true;
			}
			if (await isAbandoned(path)) await rm(path, { force: true });
			return false;
		}
	});
	if (impossible !== undefined) throw impossible;
	try {
		await work();
	} finally {
		await rm(path, { force: true });
	}
}
