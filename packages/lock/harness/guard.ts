import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/*
 * A shell reads from this process until this process is gone, however it went, and then ends the workers whose numbers
 * it finds: a worker that is stopped cannot see for itself that nobody needs it.
 */
const GUARD = `
trap '' HUP INT TERM
cat >/dev/null
for file in "$1"/*.pid; do [ -f "$file" ] && kill -s KILL "$(cat "$file")"; done
rm -rf "$1"
`;

/** Inside the package, so that a program in it finds the package's dependencies. */
const PLACE = fileURLToPath(new URL("../.cache/", import.meta.url));

/** A directory for the files of a run. It and the processes named to it are gone when this process is. */
export class Guard implements AsyncDisposable {
	readonly directory: string;
	readonly #end: () => Promise<void>;

	constructor() {
		mkdirSync(PLACE, { recursive: true });
		this.directory = mkdtempSync(join(PLACE, "chaos-"));
		const shell = spawn("/bin/sh", ["-c", GUARD, "lock-chaos-guard", this.directory], {
			stdio: ["pipe", "ignore", "ignore"],
			detached: true, // so that neither Ctrl-C nor the end of a process group ends the guard first
		});
		const ended = new Promise<unknown>((resolve) => shell.once("exit", resolve));
		shell.unref();
		this.#end = async () => {
			shell.ref();
			shell.stdin.end();
			await ended;
		};
	}

	watch(pid: number): void {
		writeFileSync(join(this.directory, `${pid}.pid`), `${pid}`);
	}

	/** It ended; its number may go to somebody else. */
	release(pid: number): void {
		rmSync(join(this.directory, `${pid}.pid`), { force: true });
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.#end();
	}
}
