import { onAbort } from "./abort-audience.ts";
import { pause } from "./backoff.ts";
import { Call, FirstUses, neverSent } from "./call.ts";
import { checkArray, checkFunction, checkInteger, checkKnown, checkMs } from "./check.ts";
import { ClusterRoutes, type ReadFrom } from "./cluster-routes.ts";
import { type Arg, type Command, checkCommand, type WireReply, write } from "./command.ts";
import { commandName, failedOn } from "./command-name.ts";
import { DeadlineWheel } from "./deadline-wheel.ts";
import { text } from "./decode.ts";
import { decoded } from "./decoded.ts";
import type { Driver, Link, OwnLink } from "./driver.ts";
import { CommandError, CrossSlotError, type FailedCommand, InvalidArgumentError } from "./errors.ts";
import { notConnected } from "./not-connected.ts";
import {
	checkCallOptions,
	closed,
	type EndError,
	endedBefore,
	hasOnlyDeadline,
	Patience,
	tooLate,
	type Waiting,
} from "./patience.ts";
import { PinnedRoute } from "./pinned-route.ts";
import type {
	BatchResults,
	CallOptions,
	Health,
	NodeHealth,
	PortEvent,
	PortEventInfo,
	RedisPort,
	RedisSession,
	ScanOptions,
	SessionOptions,
	SubscribeRequest,
	Subscription,
	Topology,
	TrackRequest,
	TransactionResults,
} from "./port.ts";
import { PortEvents } from "./port-events.ts";
import { ANY_MASTER, type Routes, SingleRoute } from "./routes.ts";
import { scanAll } from "./scan-all.ts";
import { isUnknownScript } from "./script.ts";
import { Session, sessionOnly } from "./session.ts";
import { resolveSessionOptions, type SessionPool, type SessionPoolOptions } from "./session-pool.ts";
import { SessionPools } from "./session-pools.ts";
import { sharedSlot, slotOf } from "./slot.ts";
import { Subscriptions } from "./subscriptions.ts";
import { Tracking } from "./tracking.ts";
import { TransactionCall } from "./transaction-call.ts";

/** The port's own options, whichever client it is over. */
export interface PortOptions {
	/** Default of `timeoutMs` of every command, in milliseconds. @default none: a command waits as long as it takes */
	readonly commandTimeoutMs?: number;
	/** How long a connection of the port's own (for sessions and subscriptions) may take to be made. @default 5_000 */
	readonly connectTimeoutMs?: number;
	/** Connections for sessions. */
	readonly sessions?: SessionPoolOptions;
	/**
	 * In a cluster, which node serves a command that only reads. All but `master` may read what is out of date, and need a
	 * client that connects to replicas.
	 * @default "master"
	 */
	readonly readFrom?: ReadFrom;
}

const READ_FROM: readonly ReadFrom[] = ["master", "replica", "any", "nearest"];
const SESSION_OPTIONS: readonly string[] = ["signal", "acquireTimeoutMs"] satisfies (keyof SessionOptions)[];
const SCAN_OPTIONS: readonly string[] = ["match", "count", "type", "signal"] satisfies (keyof ScanOptions)[];

/** The port over a client library, given its driver, which it closes if it refuses the options. @throws {InvalidArgumentError} */
export function createPort(driver: Driver, options: PortOptions = {}): RedisPort {
	try {
		return new Port(driver, resolveOptions(driver.kind, options));
	} catch (error) {
		driver.close().catch(() => {}); // the caller hears of the options
		throw error;
	}
}

function resolveOptions(kind: Driver["kind"], options: PortOptions): ResolvedOptions {
	checkKnown("", options, ["commandTimeoutMs", "connectTimeoutMs", "sessions", "readFrom"]);
	const { commandTimeoutMs, connectTimeoutMs = 5_000, readFrom = "master" } = options;
	if (commandTimeoutMs !== undefined) checkMs("commandTimeoutMs", commandTimeoutMs);
	checkMs("connectTimeoutMs", connectTimeoutMs);
	const possible = kind === "cluster" ? READ_FROM : READ_FROM.slice(0, 1);
	if (!possible.includes(readFrom)) {
		throw new InvalidArgumentError(
			"readFrom",
			readFrom,
			`one of ${possible.join(", ")}, for a ${kind} client`,
		);
	}
	return { commandTimeoutMs, connectTimeoutMs, readFrom, sessions: resolveSessionOptions(options.sessions) };
}

interface ResolvedOptions {
	readonly commandTimeoutMs: number | undefined;
	readonly connectTimeoutMs: number;
	readonly readFrom: ReadFrom;
	readonly sessions: Required<SessionPoolOptions>;
}

class Port implements RedisPort {
	readonly topology: Topology;
	readonly #driver: Driver;
	readonly #options: ResolvedOptions;
	readonly #routes: Routes;
	readonly #clustered: boolean;
	readonly #wheel = new DeadlineWheel();
	readonly #waiting: Waiting = new Set();
	/** Subscriptions and trackings that are being made: close() ends them at once, since no reply is owed to them. */
	readonly #beginning: Waiting = new Set();
	readonly #pools: SessionPools;
	/** One a connection, so that those who wait for it do so in one line. */
	readonly #pinned = new WeakMap<Link, PinnedRoute>();
	readonly #subscriptions: Subscriptions;
	readonly #trackings = new Set<Tracking>();
	readonly #events: PortEvents;
	/** Where a command without options goes at once: outside a cluster, until the port closes. */
	#fast: SingleRoute | undefined;
	#closing: Promise<void> | undefined;

	constructor(driver: Driver, options: ResolvedOptions) {
		this.#driver = driver;
		this.#options = options;
		const { cluster, link } = driver;
		if (cluster !== undefined) {
			this.#routes = new ClusterRoutes(driver, cluster, options.readFrom, options.connectTimeoutMs);
		} else if (link !== undefined) {
			const single = new SingleRoute(link);
			this.#routes = single;
			this.#fast = single;
		} else {
			throw new InvalidArgumentError("driver", driver.kind, "a driver with a link or a cluster");
		}
		this.#clustered = cluster !== undefined;
		this.#pools = new SessionPools(driver, options.sessions, options.connectTimeoutMs);
		this.#subscriptions = new Subscriptions(driver, this.#wheel, this.#beginning, options.connectTimeoutMs);
		this.#events = new PortEvents(driver);
		this.topology = topologyOf(driver);
	}

	get native(): unknown {
		return this.#driver.native;
	}

	command<T>(command: Command<T>, options?: CallOptions): Promise<T> {
		if (typeof command?.decode !== "function") return this.#call(command, {}); // which refuses it
		if (this.#fast !== undefined && !command.session && (options === undefined || hasOnlyDeadline(options))) {
			const link = this.#fast.ready();
			if (link !== undefined) {
				const reply = link.send(command.args, command.encoding);
				const timeoutMs = options?.timeoutMs ?? this.#options.commandTimeoutMs;
				if (timeoutMs !== undefined) return this.#within(timeoutMs, reply, command, link);
				return reply.then(
					(answer) => decoded(command, answer, link.node),
					(error: unknown) => this.#recover(error, command, {}, link),
				);
			}
		}
		return this.#call(command, options ?? {});
	}

	batch<const C extends readonly Command<unknown>[]>(
		commands: C,
		options?: CallOptions,
	): Promise<BatchResults<C>>;
	async batch(commands: readonly Command<unknown>[], options: CallOptions = {}): Promise<unknown[]> {
		checkArray("commands", commands);
		checkCallOptions(options);
		const slots = commands.map((command) => this.#checkedSlot(command));
		const before = (command?: Command<unknown>): CommandError | undefined =>
			endedBefore(this.#closing !== undefined, options.signal, command);
		if (before() !== undefined) return commands.map(before);
		return new Promise((resolve) => {
			const results: unknown[] = new Array(commands.length);
			const firstUses = new FirstUses();
			let left = commands.length;
			const calls = commands.map((command, i) => {
				const slot = slots[i] ?? ANY_MASTER;
				const settle = (result: unknown): void => {
					results[i] = result;
					left -= 1;
					if (left > 0) return;
					patience.finish();
					resolve(results);
				};
				return new Call(this.#driver, this.#routes, command, slot, firstUses, {
					resolve: settle,
					reject: settle,
				});
			});
			const patience = this.#patience(options, (error) => {
				for (const call of calls) call.fail(error);
			});
			if (left === 0) {
				patience.finish();
				resolve(results);
			}
			for (const call of calls) call.start();
		});
	}

	transaction<const C extends readonly Command<unknown>[]>(
		commands: C,
		options?: CallOptions,
	): Promise<TransactionResults<C>>;
	async transaction(commands: readonly Command<unknown>[], options: CallOptions = {}): Promise<unknown[]> {
		checkArray("commands", commands);
		checkCallOptions(options);
		const slot = this.#slotOfAll(commands);
		const before = endedBefore(this.#closing !== undefined, options.signal, "EXEC");
		if (before !== undefined) throw before;
		if (commands.length === 0) return [];
		return new Promise((resolve, reject) => {
			const call = new TransactionCall(this.#routes, commands, slot, this.#fault, {
				resolve: (results) => {
					patience.finish();
					resolve(results);
				},
				reject: (error) => {
					patience.finish();
					reject(error);
				},
			});
			const patience = this.#patience(options, (error) => call.fail(error));
			call.start();
		});
	}

	async session<T>(
		key: Arg | undefined,
		work: (session: RedisSession) => Promise<T>,
		options: SessionOptions = {},
	): Promise<T> {
		checkFunction("work", work);
		checkCallOptions(options, SESSION_OPTIONS);
		const { signal, acquireTimeoutMs = this.#options.sessions.acquireTimeoutMs } = options;
		checkMs("acquireTimeoutMs", acquireTimeoutMs);
		const before = endedBefore(this.#closing !== undefined, signal);
		if (before !== undefined) throw before;
		const pool = await this.#poolFor(key, {
			timeoutMs: acquireTimeoutMs,
			...(signal === undefined ? {} : { signal }),
		});
		let link: OwnLink;
		try {
			link = await pool.acquire(acquireTimeoutMs, signal);
		} catch (error) {
			throw this.#fault(error);
		}
		const session = new Session(
			this.#driver,
			link,
			this.#wheel,
			this.#waiting,
			this.#options.commandTimeoutMs,
		);
		const destroy = (): void => pool.release(link, false);
		const offSignal = signal === undefined ? undefined : onAbort(signal, destroy);
		if (signal?.aborted) destroy();
		try {
			return await work(session);
		} finally {
			offSignal?.();
			pool.release(link, session.end());
		}
	}

	subscribe(request: SubscribeRequest): Promise<Subscription> {
		return this.#subscriptions.subscribe(request, request.timeoutMs ?? this.#options.commandTimeoutMs);
	}

	async trackPrefixes(request: TrackRequest): Promise<Subscription> {
		const tracking = await Tracking.start(
			this.#driver,
			this.#wheel,
			this.#beginning,
			this.#closing !== undefined,
			request,
			{
				connectMs: this.#options.connectTimeoutMs,
				totalMs: request.timeoutMs ?? this.#options.commandTimeoutMs,
			},
		);
		if (this.#closing !== undefined) {
			tracking.close();
			throw closed("unknown");
		}
		this.#trackings.add(tracking);
		return tracking.subscription(() => this.#trackings.delete(tracking));
	}

	scan(options: ScanOptions = {}): AsyncIterable<string[]> {
		checkCallOptions(options, SCAN_OPTIONS);
		if (options.count !== undefined) checkInteger("count", options.count, 1);
		const limits = options.signal === undefined ? {} : { signal: options.signal };
		const sendOn = <T>(link: Link, command: Command<T>): Promise<T> => this.#callOn(link, command, limits);
		return scanAll(() => this.#masters(limits), sendOn, options);
	}

	async everyMaster<T>(
		command: Command<T>,
		options: CallOptions = {},
	): Promise<ReadonlyMap<string, T | CommandError>> {
		checkCommand(command);
		checkCallOptions(options);
		if (command.session) throw sessionOnly(command, "needs a session");
		const results = new Map<string, T | CommandError>();
		const asked = [...(await this.#masters(options))].map(async ([node, link]) => {
			const result =
				link === undefined
					? notConnected(node, command)
					: this.#callOn(link, command, options).catch((error: unknown) => this.#fault(error));
			results.set(node, await result);
		});
		await Promise.all(asked);
		return results;
	}

	async health(timeoutMs = 1000): Promise<Health> {
		checkMs("timeoutMs", timeoutMs);
		const ping = async ([node, link]: [string, Link | undefined]): Promise<NodeHealth> => {
			const began = performance.now();
			try {
				if (link === undefined) throw notConnected(node, PING);
				await this.#callOn(link, PING, { timeoutMs });
				return { node, ok: true, rttMs: performance.now() - began };
			} catch (error) {
				return { node, ok: false, error: this.#fault(error) };
			}
		};
		const nodes = await Promise.all([...this.#routes.masters()].map(ping));
		return { ok: nodes.length > 0 && nodes.every((node) => node.ok), nodes };
	}

	on(event: PortEvent, listener: (info: PortEventInfo) => void): () => void {
		return this.#events.on(event, listener);
	}

	close(options: { readonly graceMs?: number } = {}): Promise<void> {
		checkKnown("", options, ["graceMs"]);
		if (options.graceMs !== undefined) checkMs("graceMs", options.graceMs, 0);
		this.#closing ??= this.#close(options.graceMs ?? 1000);
		return this.#closing;
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.close();
	}

	async #close(graceMs: number): Promise<void> {
		const barrier = this.#fast?.ready();
		this.#fast = undefined;
		this.#routes.close();
		for (const link of this.#routes.masters().values())
			if (link !== undefined) this.#pinned.get(link)?.close();
		const quiet = this.#subscriptions.end();
		for (const tracking of this.#trackings) tracking.close();
		for (const patience of [...this.#beginning]) patience.end(closed);
		await Promise.race([Promise.all([quiet, this.#drained(barrier)]), pause(graceMs)]);
		this.#subscriptions.close();
		for (const patience of [...this.#waiting]) patience.end(closed);
		this.#wheel.close();
		for (const link of this.#routes.masters().values()) link?.abandon?.();
		this.#pools.close();
		this.#events.close();
		await Promise.all([quiet, this.#driver.close()]);
	}

	/** Replies come in order, so once a last command has its reply, all before it have theirs. */
	async #drained(barrier: Link | undefined): Promise<void> {
		await barrier?.send(PING.args, "utf8").catch(() => {});
		while (this.#waiting.size > 0 || !this.#wheel.empty) await pause(5);
	}

	readonly #fault = (error: unknown, failed?: FailedCommand): CommandError =>
		error instanceof CommandError ? error : this.#driver.fault(error, failed);

	/** The reply, if it comes in time. The command is sent already, so that it needs nothing but a deadline. */
	#within<T>(timeoutMs: number, reply: Promise<WireReply>, command: Command<T>, link: Link): Promise<T> {
		return new Promise((resolve, reject) => {
			let over = false;
			const deadline = this.#wheel.add(timeoutMs, (why) => {
				over = true;
				const failed = failedOn(link.node, command);
				reject(why === "late" ? tooLate(timeoutMs, "unknown", failed) : closed("unknown", failed));
			});
			reply.then(
				(answer) => {
					this.#wheel.delete(deadline);
					try {
						resolve(decoded(command, answer, link.node));
					} catch (error) {
						reject(error);
					}
				},
				(error: unknown) => {
					if (over) return; // sent again now, it would run after its caller has given up
					this.#wheel.delete(deadline);
					const left = { timeoutMs: this.#wheel.leftMs(deadline) };
					this.#recover(error, command, left, link).then(resolve, reject);
				},
			);
		});
	}

	/** Sends what the server did not know, or what never left, in the way that takes its time; rejects with all else. */
	async #recover<T>(error: unknown, command: Command<T>, options: CallOptions, link: Link): Promise<T> {
		const fault = this.#fault(error, failedOn(link.node, command));
		if (command.script !== undefined && isUnknownScript(fault)) return this.#call(command, options, link);
		if (neverSent(fault)) return this.#call(command, options);
		throw fault;
	}

	async #call<T>(command: Command<T>, options: CallOptions, refusedBy?: Link): Promise<T> {
		return this.#callBy(this.#routes, this.#checkedSlot(command), command, options, refusedBy);
	}

	/** On this very connection, whatever the command's keys. */
	async #callOn<T>(link: Link, command: Command<T>, options: CallOptions): Promise<T> {
		const route = this.#pinned.get(link) ?? new PinnedRoute(link);
		this.#pinned.set(link, route);
		return this.#callBy(route, ANY_MASTER, command, options);
	}

	#callBy<T>(
		routes: Routes,
		slot: number,
		command: Command<T>,
		options: CallOptions,
		refusedBy?: Link,
	): Promise<T> {
		checkCallOptions(options);
		const before = endedBefore(this.#closing !== undefined, options.signal, command);
		if (before !== undefined) throw before;
		return new Promise<T>((resolve, reject) => {
			const call = new Call(this.#driver, routes, command, slot, undefined, {
				resolve: (result) => {
					patience.finish();
					resolve(result);
				},
				reject: (error) => {
					patience.finish();
					reject(error);
				},
			});
			const patience = this.#patience(options, (error) => call.fail(error));
			if (refusedBy === undefined) call.start();
			else call.refused(refusedBy);
		});
	}

	#patience(options: CallOptions, onEnd: (error: EndError) => void): Patience {
		const timeoutMs = options.timeoutMs ?? this.#options.commandTimeoutMs;
		return new Patience(this.#wheel, this.#waiting, timeoutMs, options.signal, onEnd);
	}

	/** @throws {InvalidArgumentError} only a session takes it */
	#checkedSlot(command: Command<unknown>): number {
		checkCommand(command);
		if (command.session) throw sessionOnly(command, "blocks, or changes its connection; run it in a session");
		if (!this.#clustered) return ANY_MASTER;
		if (command.key === undefined) return slotOfChannel(command) ?? ANY_MASTER;
		const [first, ...rest] = command.keys ?? [command.key];
		return first === undefined
			? slotOf(command.key)
			: sharedSlot([first, ...rest], commandName(command.args));
	}

	#slotOfAll(commands: readonly Command<unknown>[]): number {
		let slot = ANY_MASTER;
		let key: Arg | undefined;
		for (const command of commands) {
			const own = this.#checkedSlot(command);
			if (own === ANY_MASTER || command.key === undefined) continue;
			if (key !== undefined && own !== slot)
				throw new CrossSlotError(key, command.key, failedOn(undefined, command));
			slot = own;
			key = command.key;
		}
		return slot;
	}

	/** Waits for a cluster that is not connected yet: none is not the same as none known. */
	async #masters(limits: CallOptions): Promise<ReadonlyMap<string, Link | undefined>> {
		const masters = this.#routes.masters();
		if (masters.size > 0) return masters;
		await this.#call(PING, limits);
		return this.#routes.masters();
	}

	/** The pool of the node that has the key; waits for a cluster that is not connected yet. */
	async #poolFor(key: Arg | undefined, limits: CallOptions): Promise<SessionPool<OwnLink>> {
		if (!this.#clustered) return this.#pools.of(undefined);
		const slot = key === undefined ? undefined : slotOf(key);
		const owner = (): string | undefined =>
			slot === undefined ? this.topology.masters()[0] : this.topology.masterOf(slot);
		if (owner() === undefined) await this.#call({ ...PING, key }, limits);
		return this.#pools.of(owner());
	}
}

/** One node for one channel, though any would do: messages that go different ways overtake each other. */
function slotOfChannel({ args: [name, channel] }: Command<unknown>): number | undefined {
	return name === "PUBLISH" && channel !== undefined ? slotOf(channel) : undefined;
}

const PING: Command<string> = write(["PING"], undefined, text);

function topologyOf(driver: Driver): Topology {
	const { kind, cluster, link } = driver;
	if (cluster === undefined) {
		const node = (): string => link?.node ?? "";
		return { kind, slotOf: () => -1, masters: () => [node()], masterOf: node };
	}
	return { kind, slotOf, masters: () => cluster.masters(), masterOf: (slot) => cluster.masterOf(slot) };
}
