import { checkArray } from "./check.ts";
import { type Arg, type Command, checkCommand, type WireReply, write } from "./command.ts";
import { failedOn } from "./command-name.ts";
import type { DeadlineWheel } from "./deadline-wheel.ts";
import { ok } from "./decode.ts";
import { decoded } from "./decoded.ts";
import type { Driver, OwnLink } from "./driver.ts";
import { CommandError, ConnectionError, type FailedCommand, InvalidArgumentError } from "./errors.ts";
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

const UNWATCH = write(["UNWATCH"], undefined, ok);

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
		return this.#within(command, options, (sent) => this.#send(command, sent));
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
				return this.#within(command, options, work).catch((error: unknown) => error);
			}),
		);
	}

	async watch(keys: readonly Arg[], options: CallOptions = {}): Promise<void> {
		checkArray("keys", keys);
		if (keys.length === 0) throw new InvalidArgumentError("keys", keys, "one key or more");
		this.#check([], options);
		this.#watching = true;
		const command = write(["WATCH", ...keys], keys[0], ok);
		await this.#within(command, options, (sent) => this.#send(command, sent));
	}

	async unwatch(options: CallOptions = {}): Promise<void> {
		this.#check([], options);
		await this.#within(UNWATCH, options, (sent) => this.#send(UNWATCH, sent));
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
		const results = await this.#within("EXEC", options, async (sent) => {
			this.#requireReady("EXEC");
			sent();
			return exec(this.#link, commands, false, this.#fault);
		});
		this.#watching = false;
		return results;
	}

	/** The work is over. Returns whether the connection may be lent again. */
	end(): boolean {
		this.#ended = true;
		if (this.#soiled || this.#pending > 0 || this.#link.state !== "ready") return false;
		// Not waited for: whatever the next one sends comes behind it, and the result of the work need not.
		if (this.#watching) this.#link.send(UNWATCH.args, "utf8").catch(() => this.#link.destroy());
		return true;
	}

	#check(commands: readonly Command<unknown>[], options: CallOptions): void {
		checkArray("commands", commands);
		commands.forEach(checkCommand);
		checkCallOptions(options);
		const never = commands.find(isNever);
		if (never !== undefined)
			throw sessionOnly(never, "cannot run in a session; use exec(), or subscribe() of the port");
	}

	#within<T>(
		command: Command<unknown> | "EXEC",
		options: CallOptions,
		work: (sent: () => void) => Promise<T>,
	): Promise<T> {
		if (this.#ended) return Promise.reject(this.#notSent("The session is over", command));
		const soils = command !== "EXEC" && command.session;
		if (soils) this.#soiled = true;
		const before = endedBefore(false, options.signal, command);
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
					reject(error(outcome, failedOn(this.#link.node, command)));
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
		this.#requireReady(command);
		sent();
		let reply: WireReply;
		try {
			reply = await this.#link.send(
				source === undefined ? command.args : withSource(command, source),
				command.encoding,
			);
		} catch (error) {
			throw this.#fault(error, failedOn(this.#link.node, command));
		}
		return decoded(command, reply, this.#link.node);
	}

	#requireReady(command: Command<unknown> | "EXEC"): void {
		if (this.#link.state !== "ready") throw this.#notSent("The session's connection was lost", command);
	}

	#notSent(message: string, command: Command<unknown> | "EXEC"): ConnectionError {
		return new ConnectionError(message, "not-sent", failedOn(this.#link.node, command));
	}

	readonly #fault = (error: unknown, failed?: FailedCommand): CommandError =>
		error instanceof CommandError ? error : this.#driver.fault(error, failed);
}

export function sessionOnly(command: Command<unknown>, why: string): InvalidArgumentError {
	return new InvalidArgumentError("command", command.args[0], `another one: it ${why}`);
}
