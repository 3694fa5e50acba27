import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Guard } from "./guard.ts";
import { type Event, readHistory } from "./history.ts";
import type { Order, Report, WorkerSettings } from "./protocol.ts";
import { Register } from "./register.ts";

/** How long a worker may take to start, to close its library, and to end. */
const PATIENCE_MS = 15_000;
/** How long a worker that has closed all may take to end by itself; ioredis gives a server 2 s to end a connection. */
const LINGER_MS = 5_000;

interface Member {
	readonly name: string;
	readonly historyPath: string;
	readonly child: ChildProcess;
	readonly pid: number;
	readonly exited: Promise<unknown>;
	readonly said: (kind: Report["kind"]) => Promise<void>;
}

export type MemberSettings = (index: number) => Omit<WorkerSettings, "name" | "historyPath" | "worker">;

/** The worker processes of a run: they can be killed, stopped in their tracks, and blocked. */
export class Fleet {
	readonly register: Register = new Register();
	/** The index of the worker that was the last to get a lock. */
	holder = 0;
	/** Those that ended in another way than by being killed or told to. */
	readonly crashed: string[] = [];
	readonly #program: string;
	readonly #guard: Guard;
	readonly #settings: MemberSettings;
	readonly #members: (Member | undefined)[] = [];
	readonly #histories: { readonly name: string; readonly path: string }[] = [];
	#starts = 0;

	constructor(program: string, guard: Guard, settings: MemberSettings) {
		this.#program = program;
		this.#guard = guard;
		this.#settings = settings;
	}

	/** Starts `count` workers, and lets them work once all of them are ready. */
	async start(count: number): Promise<void> {
		await Promise.all(Array.from({ length: count }, (_, index) => this.#launch(index)));
		for (const member of this.#members) member?.child.send({ kind: "work" } satisfies Order);
	}

	/** Ends a worker without warning, and starts another one in its place. */
	async replace(index: number): Promise<void> {
		const member = this.#members[index];
		this.#members[index] = undefined;
		member?.child.kill("SIGKILL");
		await member?.exited;
		await this.#launch(index);
		this.send(index, { kind: "work" });
	}

	signal(index: number, signal: "SIGSTOP" | "SIGCONT"): void {
		this.#members[index]?.child.kill(signal);
	}

	send(index: number, order: Order): void {
		const child = this.#members[index]?.child;
		if (child?.connected === true) child.send(order);
	}

	/** Tells all workers to finish; resolves when their libraries are closed, with those that did not manage it. */
	async finish(): Promise<string[]> {
		const stuck = await Promise.all(
			this.#members.map(async (member) => {
				if (member === undefined) return [];
				const closed = member.said("closed");
				if (member.child.connected) member.child.send({ kind: "stop" } satisfies Order);
				return (await inTime(Promise.race([closed, member.exited]), PATIENCE_MS)) ? [] : [member.name];
			}),
		);
		return stuck.flat();
	}

	/** Lets all workers go, and gives those that did not end by themselves. None is left afterwards. */
	async leave(): Promise<string[]> {
		const lingering = await Promise.all(
			this.#members.map(async (member, index) => {
				if (member === undefined) return [];
				this.#members[index] = undefined;
				if (member.child.connected) member.child.send({ kind: "leave" } satisfies Order);
				const left = await inTime(member.exited, LINGER_MS);
				member.child.kill("SIGKILL");
				await member.exited;
				return left ? [] : [member.name];
			}),
		);
		return lingering.flat();
	}

	/** What all workers wrote, dead ones included, in the order of time. */
	events(): Event[] {
		return this.#histories.flatMap(({ name, path }) => readHistory(path, name)).sort((a, b) => a.at - b.at);
	}

	async #launch(index: number): Promise<void> {
		this.#starts += 1;
		const name = `${String.fromCharCode(97 + index)}${this.#starts}`;
		const historyPath = join(this.#guard.directory, `${name}.jsonl`);
		const settings = { ...this.#settings(index), name, historyPath, worker: index };
		const { seed } = settings;
		const child = fork(this.#program, [JSON.stringify({ ...settings, seed: seed + this.#starts })], {
			execArgv: [],
			stdio: ["ignore", "ignore", "inherit", "ipc"],
		});
		await once(child, "spawn");
		const { pid } = child;
		if (pid === undefined) throw new Error("A worker without a process");
		this.#guard.watch(pid);
		this.#histories.push({ name, path: historyPath });
		const exited = once(child, "exit").then(([code]) => {
			this.#guard.release(pid);
			if (code !== null && code !== 0) this.crashed.push(name);
		});
		const heard = new Map<Report["kind"], () => void>();
		const said = (kind: Report["kind"]) => new Promise<void>((resolve) => heard.set(kind, resolve));
		const ready = said("ready");
		child.on("message", (report: Report) => {
			if (report.kind === "read" || report.kind === "write") this.#serve(child, index, report);
			else heard.get(report.kind)?.();
		});
		this.#members[index] = { name, historyPath, child, pid, exited, said };
		const died = exited.then(() => Promise.reject(new Error(`The worker ${name} ended before it worked`)));
		await Promise.race([ready, died]);
		died.catch(() => {});
	}

	#serve(child: ChildProcess, index: number, report: Extract<Report, { kind: "read" | "write" }>): void {
		const { id, key, hold } = report;
		if (report.kind === "read") this.holder = index;
		const fence = report.fence === undefined ? undefined : BigInt(report.fence);
		const value =
			report.kind === "read"
				? this.register.read(key, hold, fence)
				: this.register.write(key, hold, fence, report.values);
		if (child.connected) child.send({ kind: "registered", id, value } satisfies Order);
	}
}

/** Whether the promise settled within the time. */
async function inTime(promise: Promise<unknown>, ms: number): Promise<boolean> {
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<false>((resolve) => {
		timer = setTimeout(resolve, ms, false);
	});
	try {
		return await Promise.race([promise.then(() => true), late]);
	} finally {
		clearTimeout(timer);
	}
}
