import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/*
 * One directory per Node process holds a directory per server, and in it the server's pid while it runs. The guard is
 * a shell that reads from this process until this process is gone, however it went, then ends what the directory names.
 */
const GUARD = `
trap '' HUP INT TERM
cat >/dev/null
for file in "$1"/*/pid; do [ -f "$file" ] && kill -s KILL -- "-$(cat "$file")"; done
rm -rf "$1" || { sleep 1; rm -rf "$1"; }
`;

let root: string | undefined;

function guardedRoot(): string {
	if (root !== undefined) return root;
	const directory = mkdtempSync(join(tmpdir(), "rk-testing-"));
	const guard = spawn("/bin/sh", ["-c", GUARD, "rk-testing-guard", directory], {
		stdio: ["pipe", "ignore", "ignore"],
		detached: true, // so that neither Ctrl-C nor the end of a process group ends the guard first
	});
	guard.unref();
	process.once("exit", () => sweep(directory));
	root = directory;
	return directory;
}

function sweep(directory: string): void {
	for (const name of readdirSync(directory)) {
		const pid = pidIn(join(directory, name));
		if (pid !== undefined) killGroup(pid, "SIGKILL");
	}
	rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
}

function pidIn(directory: string): number | undefined {
	try {
		return Number(readFileSync(join(directory, "pid"), "utf8"));
	} catch {
		return undefined;
	}
}

/** A directory for one server, gone when this process is. */
export function guardedDirectory(): string {
	return mkdtempSync(join(guardedRoot(), "server-"));
}

/** The process group `pid`, which runs in `directory`, ends when this process does. */
export function guardPid(directory: string, pid: number): void {
	writeFileSync(join(directory, "pid"), `${pid}`);
}

/** The group ended; its number may go to somebody else. */
export function releasePid(directory: string): void {
	rmSync(join(directory, "pid"), { force: true });
}

/** Signals a process and what it started (a launcher's server, a server's snapshot child); false when all are gone. */
export function killGroup(pid: number, signal: NodeJS.Signals): boolean {
	try {
		return process.kill(-pid, signal);
	} catch {
		return false;
	}
}
