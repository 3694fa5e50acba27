import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";

/** What a worker said. */
interface Heard<Report> {
	readonly member: number;
	readonly report: Report;
}

/** Worker processes of one program: they get orders, and give reports, each of a kind. They end at the latest with this process. */
export class Fleet<Order extends object, Report extends { readonly kind: string }>
	implements AsyncDisposable
{
	readonly #members: readonly ChildProcess[];
	readonly #ends: Promise<unknown>[];
	/** Those that have ended, and all that they said has been heard. */
	readonly #gone: Set<number> = new Set();
	/** Reports that nobody has waited for yet. */
	readonly #heard: Heard<Report>[] = [];
	readonly #waiting: Set<() => void> = new Set();

	/** Starts a process for each of the settings, which are its only argument, as JSON. */
	constructor(program: string, settings: readonly unknown[]) {
		this.#members = settings.map((one) =>
			fork(program, [JSON.stringify(one)], {
				...{ execArgv: [], stdio: ["ignore", "inherit", "inherit", "ipc"] },
			}),
		);
		this.#ends = this.#members.map(async (process, member) => {
			process.on("message", (report: Report) => this.#hear({ member, report }));
			await once(process, "close");
			this.#gone.add(member);
			this.#look();
		});
	}

	/** Tells all members, or one. */
	tell(order: Order, member?: number): void {
		const chosen = member === undefined ? this.#members : this.#members.slice(member, member + 1);
		for (const process of chosen) if (process.connected) process.send(order);
	}

	/**
	 * The next report of this kind, which may be there already, of any member, or of one.
	 *
	 * @throws {Error} whoever could have said it has ended
	 */
	async next<K extends Report["kind"]>(kind: K, member?: number): Promise<Heard<Of<Report, K>>> {
		for (;;) {
			for (const [place, heard] of this.#heard.entries()) {
				const { report } = heard;
				if (!isOf(report, kind) || (member !== undefined && heard.member !== member)) continue;
				this.#heard.splice(place, 1);
				return { member: heard.member, report };
			}
			if (member === undefined ? this.#gone.size === this.#members.length : this.#gone.has(member))
				throw new Error(`The workers ended, and none had said "${kind}"`);
			await new Promise<void>((resolve) => this.#waiting.add(resolve));
		}
	}

	/** Each member's next report of this kind. */
	async all<K extends Report["kind"]>(kind: K): Promise<Of<Report, K>[]> {
		const running = this.#members.map((_, member) => member).filter((member) => !this.#gone.has(member));
		return Promise.all(running.map(async (member) => (await this.next(kind, member)).report));
	}

	/** Ends a member without warning, or makes it stand still, or go on. */
	async signal(member: number, signal: "SIGKILL" | "SIGSTOP" | "SIGCONT"): Promise<void> {
		this.#members[member]?.kill(signal);
		if (signal === "SIGKILL") await this.#ends[member];
	}

	/** Resolves when all have ended. */
	async ended(): Promise<void> {
		await Promise.all(this.#ends);
	}

	async [Symbol.asyncDispose](): Promise<void> {
		for (const process of this.#members) process.kill("SIGKILL");
		await this.ended();
	}

	#hear(heard: Heard<Report>): void {
		this.#heard.push(heard);
		this.#look();
	}

	#look(): void {
		for (const resolve of this.#waiting) resolve();
		this.#waiting.clear();
	}
}

type Of<Report, K> = Extract<Report, { readonly kind: K }>;

function isOf<Report extends { readonly kind: string }, K extends Report["kind"]>(
	report: Report,
	kind: K,
): report is Of<Report, K> {
	return report.kind === kind;
}
