import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { checkInteger } from "@rk/client";
import { freePort } from "../ports.ts";
import { CutOrder, SwallowOrder } from "./order.ts";
import { type Faults, Pair } from "./pair.ts";

/** Which commands: a name in any case, or a test of the whole command. */
export type CommandMatch = string | ((args: readonly string[]) => boolean);

export interface SwallowOptions {
	/** Which of the commands that match, counted from the call on. @default 1 */
	readonly nth?: number;
	/** What follows the loss of the reply. @default "cut" */
	readonly after?: "cut" | "hold";
}

/**
 * Stands between clients and a server, understands RESP2 and RESP3, and breaks the connection in exactly the way asked.
 * Faults hit the connections of clients; what replicas and Sentinels send passes untouched and uncounted, except that
 * {@link refuse} refuses everybody.
 */
export interface FaultProxy extends AsyncDisposable {
	readonly host: string;
	readonly port: number;
	/** How many clients are connected. */
	readonly connections: number;

	/** From now on, each reply and push arrives `ms` later than it would. */
	delay(ms: number): void;
	/** Resets every connection of a client at once (RST, on both sides). */
	cut(): void;
	/** While on, nobody listens: new connections get ECONNREFUSED. Those that exist go on; {@link cut} ends them. */
	refuse(on: boolean): Promise<void>;
	/**
	 * Loses all commands before the server sees them, or all replies on their way back, until called with `false`, which
	 * cuts the connections that lost something: a stream with a gap in it cannot go on.
	 */
	blackHole(lost: "requests" | "replies" | false): void;
	/**
	 * Lets exactly `bytes` more bytes of replies pass, counted over all clients, then resets the connection that was
	 * getting them. Resolves true when that happened, false if the proxy was healed or stopped before.
	 */
	cutAfterReplyBytes(bytes: number): Promise<boolean>;
	/**
	 * Lets the `nth` command (default 1, the next) that matches reach the server, drops its reply, and then resets the
	 * connection, or with `hold` leaves it open and silent until {@link heal}.
	 * Resolves true when that happened, false if the proxy was healed or stopped before.
	 */
	swallowReply(match: CommandMatch, options?: SwallowOptions): Promise<boolean>;

	/** Every command that was passed on to the server, oldest first. */
	commands(): readonly (readonly string[])[];
	/** How many of {@link commands} match. */
	count(match: CommandMatch): number;
	/** Empties {@link commands}. */
	forget(): void;

	/** Ends all faults; connections that lost something are cut. */
	heal(): Promise<void>;
	/** Cuts every connection and stops listening. */
	stop(): Promise<void>;
}

/** What is behind a proxy. */
export interface ProxyTarget {
	readonly host: string;
	readonly port: number;
}

function matcher(match: CommandMatch): (args: readonly string[]) => boolean {
	if (typeof match !== "string") return match;
	const name = match.toUpperCase();
	return (args) => args[0]?.toUpperCase() === name;
}

class RunningProxy implements FaultProxy, Faults {
	readonly host = "127.0.0.1";
	readonly port: number;
	readonly amongServers: boolean;
	delayMs = 0;
	lost: "requests" | "replies" | false = false;
	readonly #target: ProxyTarget;
	readonly #clients: Set<Pair> = new Set();
	readonly #servers: Set<Pair> = new Set();
	#listener: Server | undefined;
	#swallowOrders: SwallowOrder[] = [];
	#cutOrder: CutOrder | undefined;
	#seen: { readonly pair: Pair; readonly args: readonly string[] }[] = [];

	constructor(target: ProxyTarget, port: number, amongServers: boolean) {
		this.amongServers = amongServers;
		this.#target = target;
		this.port = port;
	}

	get connections(): number {
		return this.#clients.size;
	}

	get cutOrder(): CutOrder | undefined {
		return this.#cutOrder?.open ? this.#cutOrder : undefined;
	}

	delay(ms: number): void {
		checkInteger("ms", ms, 0);
		this.delayMs = ms;
	}

	cut(): void {
		for (const pair of this.#clients) pair.cut();
	}

	async refuse(on: boolean): Promise<void> {
		if (!on) return this.listen();
		this.#listener?.close();
		this.#listener = undefined;
	}

	async listen(): Promise<void> {
		if (this.#listener !== undefined) return;
		const listener = createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
			this.#clients.add(new Pair(client, this.#target, this));
		});
		this.#listener = listener;
		listener.unref().listen(this.port, this.host);
		await once(listener, "listening");
	}

	blackHole(lost: "requests" | "replies" | false): void {
		this.lost = lost;
		this.#cutBroken();
	}

	cutAfterReplyBytes(bytes: number): Promise<boolean> {
		checkInteger("bytes", bytes, 0);
		this.#cutOrder?.settle(false);
		this.#cutOrder = new CutOrder(bytes);
		return this.#cutOrder.happened;
	}

	swallowReply(match: CommandMatch, { nth = 1, after = "cut" }: SwallowOptions = {}): Promise<boolean> {
		checkInteger("nth", nth, 1);
		const order = new SwallowOrder(matcher(match), nth, after);
		this.#swallowOrders = [...this.#swallowOrders.filter(({ open }) => open), order];
		return order.happened;
	}

	commands(): readonly (readonly string[])[] {
		return this.#seen.map(({ args }) => args);
	}

	count(match: CommandMatch): number {
		const matches = matcher(match);
		return this.#seen.filter(({ args }) => matches(args)).length;
	}

	forget(): void {
		this.#seen = [];
	}

	async heal(): Promise<void> {
		this.#endFaults();
		await this.listen();
	}

	async stop(): Promise<void> {
		this.#endFaults();
		await this.refuse(true);
		this.cut();
		for (const pair of this.#servers) pair.cut();
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.stop();
	}

	passing(pair: Pair, args: readonly string[]): SwallowOrder | undefined {
		if (args.length === 0) return undefined;
		this.#seen.push({ pair, args });
		return this.#swallowOrders.filter((order) => order.takes(pair, args))[0];
	}

	serversOwn(pair: Pair): void {
		this.#clients.delete(pair);
		this.#servers.add(pair);
		this.#seen = this.#seen.filter((seen) => seen.pair !== pair);
	}

	closed(pair: Pair): void {
		this.#clients.delete(pair);
		this.#servers.delete(pair);
		for (const order of this.#swallowOrders) if (order.pair === pair) order.settle(false);
	}

	#endFaults(): void {
		this.delayMs = 0;
		this.#cutOrder?.settle(false);
		for (const order of this.#swallowOrders) order.settle(false);
		this.#swallowOrders = [];
		this.blackHole(false);
	}

	#cutBroken(): void {
		for (const pair of this.#clients) if (pair.broken) pair.cut();
	}
}

/** Starts a proxy on a free port of 127.0.0.1 in front of `target`. Plain TCP only: it cannot read TLS. */
export function startProxy(target: ProxyTarget): Promise<FaultProxy> {
	return openProxy(target, false);
}

/** A proxy that, if `amongServers`, the servers of a group reach each other through. */
export async function openProxy(target: ProxyTarget, amongServers: boolean): Promise<FaultProxy> {
	for (;;) {
		const proxy = new RunningProxy(target, await freePort(), amongServers);
		try {
			await proxy.listen();
			return proxy;
		} catch {
			// Another program took the port first.
		}
	}
}
