import { InvalidArgumentError } from "@rk/client";
import type { Host } from "./machine.ts";
import type { FaultProxy } from "./proxy/proxy.ts";
import { hasCaughtUp, roleOf, writtenBy } from "./replication.ts";
import type { RunningServer } from "./running-server.ts";
import type { TestServer } from "./server.ts";
import { until } from "./wait.ts";

const SETTLE_MS = 60_000;

/** The name under which the Sentinels of a {@link TestSentinel} know its master. */
export const MASTER_NAME = "main";

/** A master with replicas on 127.0.0.1, watched by Sentinels. */
export interface TestSentinel extends AsyncDisposable {
	/** What clients ask the Sentinels for. */
	readonly name: string;
	readonly sentinels: readonly TestServer[];
	/** The master and its replicas; at the start the master comes first. */
	readonly servers: readonly TestServer[];
	/** The proxies of all servers where it was started with `proxied: true`; empty otherwise. Sentinels have none. */
	readonly proxies: readonly FaultProxy[];

	/** The server that the Sentinels name. */
	master(): Promise<TestServer>;
	/**
	 * Resolves when all Sentinels that run name the same master and the servers that run are it and its replicas, which have
	 * all that it wrote before the call.
	 */
	settled(): Promise<void>;
	/**
	 * Makes the Sentinels promote a replica, which has all that was written before the call, and resolves with it when all of
	 * them name it and it takes writes. What clients write to the old master meanwhile is lost.
	 * The old master becomes a replica about a second later; {@link settled} waits for that.
	 */
	failover(): Promise<TestServer>;

	/** Ends all servers and Sentinels and removes all they left. */
	stop(): Promise<void>;
}

export class RunningSentinel implements TestSentinel {
	readonly name: string = MASTER_NAME;
	readonly sentinels: readonly RunningServer[];
	readonly servers: readonly RunningServer[];
	readonly #host: Host;

	constructor(servers: readonly RunningServer[], sentinels: readonly RunningServer[], host: Host) {
		this.servers = servers;
		this.sentinels = sentinels;
		this.#host = host;
	}

	get proxies(): readonly FaultProxy[] {
		return this.servers.flatMap(({ proxy }) => proxy ?? []);
	}

	async master(): Promise<RunningServer> {
		return until("all Sentinels name the same master", SETTLE_MS, async () => {
			const ports = await Promise.all(up(this.sentinels).map(namedPort));
			const port = new Set(ports).size === 1 ? ports[0] : undefined;
			return this.servers.find((server) => server.port === port);
		});
	}

	async settled(): Promise<void> {
		await until("Sentinels and servers agree", SETTLE_MS, async () => {
			const master = await this.master();
			if (!master.responsive || (await roleOf(master)) !== "master") return false;
			const replicas = up(this.servers).filter((server) => server !== master);
			const written = await writtenBy(master);
			const follow = await Promise.all(replicas.map((replica) => hasCaughtUp(replica, master.port, written)));
			const content = await Promise.all(
				up(this.sentinels).map((sentinel) => seesAll(sentinel, replicas, up(this.sentinels).length)),
			);
			return [...follow, ...content].every(Boolean);
		});
	}

	async failover(): Promise<RunningServer> {
		const [sentinel] = up(this.sentinels);
		if (sentinel === undefined || this.servers.length < 2)
			throw new InvalidArgumentError(
				"replicas",
				this.servers.length - 1,
				"at least 1, and a Sentinel, for a failover",
			);
		await this.settled();
		const old = await this.master();
		await until("the Sentinels begin a failover", SETTLE_MS, async () =>
			sentinel.command("SENTINEL", "FAILOVER", MASTER_NAME),
		);
		return until("another server is master", SETTLE_MS, async () => {
			const master = await this.master();
			return master !== old && (await roleOf(master)) === "master" && master;
		});
	}

	async stop(): Promise<void> {
		await Promise.all([...this.sentinels, ...this.servers].map((server) => server.stop()));
		await this.#host.close();
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.stop();
	}
}

function up(servers: readonly RunningServer[]): readonly RunningServer[] {
	return servers.filter(({ responsive }) => responsive);
}

async function namedPort(sentinel: RunningServer): Promise<number> {
	const address = await sentinel.command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", MASTER_NAME);
	return Array.isArray(address) ? Number(address[1]) : 0;
}

/** The Sentinel finds nothing wrong with the master, knows its fellows, and could promote any of `replicas`. */
async function seesAll(
	sentinel: RunningServer,
	replicas: readonly RunningServer[],
	sentinels: number,
): Promise<boolean> {
	const master = fields(await sentinel.command("SENTINEL", "MASTER", MASTER_NAME));
	const reply = await sentinel.command("SENTINEL", "REPLICAS", MASTER_NAME);
	const known = Array.isArray(reply) ? reply.map(fields) : [];
	return (
		master.get("flags") === "master" &&
		Number(master.get("num-other-sentinels")) >= sentinels - 1 &&
		replicas.every((replica) =>
			known.some(
				(one) =>
					one.get("port") === `${replica.port}` &&
					one.get("flags") === "slave" &&
					one.get("master-link-status") === "ok",
			),
		)
	);
}

function fields(reply: unknown): Map<string, string> {
	const flat = Array.isArray(reply) ? reply.map(String) : [];
	return new Map(
		flat.flatMap((name, index) => (index % 2 === 0 ? [[name, flat[index + 1] ?? ""] as const] : [])),
	);
}
