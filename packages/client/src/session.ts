import { type Arg, type Command, type WireReply, write } from "./command.ts";
import type { DeadlineWheel } from "./deadline-wheel.ts";
import { ok } from "./decode.ts";
import type { Driver, OwnLink } from "./driver.ts";
import { CommandError, ConnectionError, InvalidArgumentError } from "./errors.ts";
import { type ExecResults, exec } from "./exec.ts";
import { checkCallOptions, endedBefore, Patience, type Waiting } from "./patience.ts";
import type { BatchResults, CallOptions, RedisSession, TransactionResults } from "./port.ts";
import { isUnknownScript, type Script, withSource } from "./script.ts";

/** What would leave the connection unable to match replies with commands; there are verbs for what they do. */
const NEVER: ReadonlySet<string> = new Set([
	...["SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE", "UNSUBSCRIBE", "PUNSUBSCRIBE", "SUNSUBSCRIBE"],
	...["MULTI", "EXEC", "DISCARD", "MONITOR", "SYNC", "PSYNC", "HELLO", "RESET", "QUIT"],
	...["CLIENT REPLY", "SCRIPT DEBUG"],
]);

function isNever({ args: [name, subcommand] }: Command<unknown>): boolean {
	return NEVER.has(name) || NEVER.has(`${name} ${String(subcommand).toUpperCase()}`);
}

export class Session implements RedisSession {
	readonly #driver: Driver;
	readonly #link: OwnLink;
	readonly #wheel: DeadlineWheel;
	readonly #waiting: Waiting;
	readonly #timeoutMs: number | undefined;
	#watching = false;
	#pending = 0;
	#soiled = false;
	#ended = false;

	constructor(
		driver: Driver,
		link: OwnLink,
		wheel: DeadlineWheel,
		waiting: Waiting,
		timeoutMs: number | undefined,
	) {
		this.#driver = driver;
		this.#link = link;
		this.#wheel = wheel;
		this.#waiting = waiting;
		this.#timeoutMs = timeoutMs;
	}

	command<T>(command: Command<T>, options: CallOptions = {}): Promise<T> {
		this.#check([command], options);
		return this.#within(options, (sent) => this.#send(command, sent), command.session);
	}

	batch<const C extends readonly Command<unknown>[]>(
		commands: C,
		options?: CallOptions,
	): Promise<BatchResults<C>>;
	batch(commands: readonly Command<unknown>[], options: CallOptions = {}): Promise<unknown[]> {
		this.#check(commands, options);
		const seen = new Set<Script>();
		return Promise.all(
			commands.map((command) => {
				const { script } = command;
				const first = script !== undefined && !seen.has(script);
				if (script !== undefined) seen.add(script);
				const work = (sent: () => void): Promise<unknown> =>
					this.#sendOnce(command, sent, first ? script : undefined);
				return this.#within(options, work, command.session).catch((error: unknown) => error);
			}),
		);
	}

	async watch(keys: readonly Arg[], options: CallOptions = {}): Promise<void> {
		if (keys.length === 0) throw new InvalidArgumentError("keys", keys, "one key or more");
		this.#check([], options);
		this.#watching = true;
		await this.#within(options, (sent) => this.#send(write(["WATCH", ...keys], keys[0], ok), sent), false);
	}

	async unwatch(options: CallOptions = {}): Promise<void> {
		this.#check([], options);
		await this.#within(options, (sent) => this.#send(write(["UNWATCH"], undefined, ok), sent), false);
		this.#watching = false;
	}

	exec<const C extends readonly Command<unknown>[]>(
		commands: C,
		options?: CallOptions,
	): Promise<TransactionResults<C> | null>;
	async exec(commands: readonly Command<unknown>[], options: CallOptions = {}): Promise<ExecResults> {
		this.#check(commands, options);
		const blocking = commands.find((command) => command.session);
		if (blocking !== undefined) throw sessionOnly(blocking, "cannot run inside EXEC");
		const results = await this.#within(
			options,
			async (sent) => {
				this.#requireReady();
				sent();
				return exec(this.#link, commands, false, (error) => this.#fault(error));
			},
			false,
		);
		this.#watching = false;
		return results;
	}

	/** The work is over. Returns whether the connection may be lent again. */
	end(): boolean {
		this.#ended = true;
		if (this.#soiled || this.#pending > 0 || this.#link.state !== "ready") return false;
		// Not waited for: whatever the next one sends comes behind it, and the result of the work need not.
		if (this.#watching) this.#link.send(["UNWATCH"], "utf8").catch(() => this.#link.destroy());
		return true;
	}

	#check(commands: readonly Command<unknown>[], options: CallOptions): void {
		checkCallOptions(options);
		const never = commands.find(isNever);
		if (never !== undefined)
			throw sessionOnly(never, "cannot run in a session; use exec(), or subscribe() of the port");
	}

	#within<T>(options: CallOptions, work: (sent: () => void) => Promise<T>, soils: boolean): Promise<T> {
		if (this.#ended) return Promise.reject(new ConnectionError("The session is over", "not-sent"));
		if (soils) this.#soiled = true;
		const before = endedBefore(false, options.signal);
		if (before !== undefined) return Promise.reject(before);
		return new Promise((resolve, reject) => {
			let outcome: "not-sent" | "unknown" = "not-sent";
			const patience = new Patience(
				this.#wheel,
				this.#waiting,
				options.timeoutMs ?? (soils ? undefined : this.#timeoutMs),
				options.signal,
				(error) => {
					this.#soiled = true; // its reply is still to come
					reject(error(outcome));
				},
			);
			this.#pending += 1;
			const settled = (): void => {
				this.#pending -= 1;
				patience.finish();
			};
			const sent = (): void => {
				outcome = "unknown";
			};
			work(sent).then(
				(result) => {
					settled();
					resolve(result);
				},
				(error: unknown) => {
					settled();
					reject(error);
				},
			);
		});
	}

	async #send<T>(command: Command<T>, sent: () => void): Promise<T> {
		try {
			return await this.#sendOnce(command, sent, undefined);
		} catch (error) {
			const { script } = command;
			if (script === undefined || !isUnknownScript(error)) throw error;
			return this.#sendOnce(command, sent, script);
		}
	}

	async #sendOnce<T>(command: Command<T>, sent: () => void, source: Script | undefined): Promise<T> {
		this.#requireReady();
		sent();
		let reply: WireReply;
		try {
			reply = await this.#link.send(
				source === undefined ? command.args : withSource(command, source),
				command.encoding,
			);
		} catch (error) {
			throw this.#fault(error);
		}
		return command.decode(reply);
	}

	#requireReady(): void {
		if (this.#link.state !== "ready")
			throw new ConnectionError("The session's connection was lost", "not-sent");
	}

	#fault(error: unknown): CommandError {
		return error instanceof CommandError ? error : this.#driver.fault(error);
	}
}

export function sessionOnly(command: Command<unknown>, why: string): InvalidArgumentError {
	return new InvalidArgumentError("command", command.args[0], `another one: it ${why}`);
}
