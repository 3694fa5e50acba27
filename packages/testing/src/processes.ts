import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, rmSync, writeFileSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { ServerStartError } from "./errors.ts";
import { guardedDirectory, guardPid, killGroup, releasePid } from "./guard.ts";
import { type Host, type Launch, type Machine, PID_FILE } from "./machine.ts";

class ServerProcess implements Machine {
	readonly #program: string;
	readonly #args: readonly string[];
	readonly #directory: string = guardedDirectory();
	#child: ChildProcess | undefined;
	#gone: Promise<unknown> = Promise.resolve();

	constructor(program: string, { args, files = {} }: Launch) {
		this.#program = program;
		this.#args = args;
		for (const [name, content] of Object.entries(files))
			writeFileSync(join(this.#directory, name), content, { mode: 0o600 });
	}

	get pid(): number | undefined {
		return this.#child?.pid;
	}

	get running(): boolean {
		return this.#child !== undefined;
	}

	async start(): Promise<void> {
		if (this.#child !== undefined) return;
		rmSync(join(this.#directory, PID_FILE), { force: true });
		const log = openSync(join(this.#directory, "log"), "a");
		const child = spawn(this.#program, this.#args, {
			cwd: this.#directory,
			stdio: ["ignore", log, log],
			detached: true, // a group of its own: Ctrl-C in the terminal is for the tests, not for their servers
		});
		closeSync(log);
		const spawned = once(child, "spawn");
		if (child.pid !== undefined) {
			guardPid(this.#directory, child.pid);
			this.#child = child;
			this.#gone = new Promise((resolve) => child.once("exit", resolve)).then(() => {
				this.#child = undefined;
				releasePid(this.#directory);
			});
		}
		try {
			await spawned;
		} catch (cause) {
			throw new ServerStartError(`${this.#program} cannot be started`, "", { cause });
		}
		child.unref();
	}

	async serverPid(): Promise<number | undefined> {
		return readFile(join(this.#directory, PID_FILE), "utf8").then(Number, () => undefined);
	}

	log(): Promise<string> {
		return readFile(join(this.#directory, "log"), "utf8").catch(() => "");
	}

	async kill(): Promise<void> {
		const child = this.#child;
		if (child?.pid === undefined) return;
		child.ref(); // its exit is awaited
		killGroup(child.pid, "SIGKILL");
		await this.#gone;
	}

	async freeze(): Promise<void> {
		if (this.pid !== undefined) killGroup(this.pid, "SIGSTOP");
	}

	async thaw(): Promise<void> {
		if (this.pid !== undefined) killGroup(this.pid, "SIGCONT");
	}

	async remove(): Promise<void> {
		await this.kill();
		await rm(this.#directory, { recursive: true, force: true, maxRetries: 3 });
	}
}

/** Runs servers as children of this process, each in a directory of its own. */
export function processHost(program: string): Host {
	const machines: Machine[] = [];
	return {
		bind: "127.0.0.1",
		async launch(launch) {
			const machine = new ServerProcess(program, launch);
			machines.push(machine);
			await machine.start();
			return machine;
		},
		async close() {
			await Promise.all(machines.map((machine) => machine.remove()));
		},
	};
}
