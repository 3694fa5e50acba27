import assert from "node:assert/strict";
import { get, type PortOptions, type RedisPort, slotOf } from "@rk/client";
import type { TestCluster } from "../cluster.ts";
import type { CommandMatch, FaultProxy } from "../proxy/proxy.ts";
import type { TestSentinel } from "../sentinel.ts";
import type { TestServer } from "../server.ts";
import { until } from "../wait.ts";
import { proxiesOf, type Stage } from "./stage.ts";
import type { ConformanceSubject, OpenedPort, TopologyKind } from "./subject.ts";

let scenes = 0;

/** What one check works with: ports of its own, keys of its own, and the servers, which are healed after it. */
export class Scene {
	readonly kind: TopologyKind;
	readonly subject: ConformanceSubject;
	readonly print: (line: string) => void;
	readonly #stage: Stage;
	readonly #opened: OpenedPort[] = [];
	readonly #prefix = `rk${scenes++}`;
	#disturbed = false;
	#over = false;

	constructor(subject: ConformanceSubject, stage: Stage, print: (line: string) => void) {
		this.subject = subject;
		this.kind = stage.target.kind;
		this.print = print;
		this.#stage = stage;
	}

	/** A port, closed when the check is over. */
	async open(options: PortOptions = {}): Promise<RedisPort> {
		const opened = await this.subject.open({ ...this.#stage.target, options });
		this.#opened.push(opened);
		return opened.port;
	}

	/** Ends a port, and its client, before the check is over. */
	async end(port: RedisPort): Promise<void> {
		const at = this.#opened.findIndex((opened) => opened.port === port);
		const [opened] = at < 0 ? [] : this.#opened.splice(at, 1);
		await opened?.port.close({ graceMs: 0 });
		await opened?.end?.();
	}

	/** A key of this check; all of them share a slot. */
	key(name: string): string {
		return `{${this.#prefix}}:${name}`;
	}

	/** A key, channel or prefix of this check, in a slot of its own. */
	spread(name: string): string {
		return `${this.#prefix}:${name}`;
	}

	/** The check has ended, or its time is up: whatever still goes round stops. */
	get over(): boolean {
		return this.#over;
	}

	get target(): Stage["target"] {
		return this.#stage.target;
	}

	get servers(): readonly TestServer[] {
		return this.#stage.servers;
	}

	get proxies(): readonly FaultProxy[] {
		return proxiesOf(this.#stage.servers);
	}

	masters(): Promise<readonly TestServer[]> {
		return this.#stage.masters();
	}

	/**
	 * Every connection that carries subscriptions now is lost. By their ids: one that is subscribed again, at a server whose turn comes
	 * later, would be lost a second time.
	 */
	async dropSubscribers(): Promise<void> {
		const servers = await this.masters();
		const lists = await Promise.all(
			servers.map((server) => server.command("CLIENT", "LIST", "TYPE", "pubsub")),
		);
		for (const [i, server] of servers.entries())
			for (const [, id = ""] of String(lists[i]).matchAll(/^id=(\d+) /gm))
				await server.command("CLIENT", "KILL", "ID", id);
	}

	serverOf(key: string): Promise<TestServer> {
		return this.#stage.serverOf(key);
	}

	/** What clients reach the server of the key through. */
	async proxyOf(key: string): Promise<FaultProxy> {
		const { proxy } = await this.serverOf(key);
		assert.ok(proxy);
		return proxy;
	}

	/** The value of a key, read past the client under test. */
	async value(key: string): Promise<unknown> {
		return (await this.serverOf(key)).command("GET", key);
	}

	/** How many commands passed the proxies since the check began. */
	count(match: CommandMatch): number {
		return this.proxies.reduce((sum, proxy) => sum + proxy.count(match), 0);
	}

	/** The cluster, whose nodes will have to agree again after the check. */
	cluster(): TestCluster {
		this.#disturbed = true;
		assert.ok(this.#stage.cluster);
		return this.#stage.cluster;
	}

	/** The Sentinels and their servers, which will have to agree again after the check. */
	sentinel(): TestSentinel {
		this.#disturbed = true;
		assert.ok(this.#stage.sentinel);
		return this.#stage.sentinel;
	}

	/** Nobody is reached any more; resolves when the port knows it. Healing the proxies ends it. */
	async goDown(port: RedisPort, key: string): Promise<void> {
		await port.command(get(key)); // a cluster's client may not be connected to the node yet
		const node = port.topology.masterOf(port.topology.slotOf(key));
		const down = new Promise<void>((resolve) => {
			const off = port.on("down", (info) => {
				if (this.kind === "cluster" && info.node !== node) return;
				off();
				resolve();
			});
		});
		await Promise.all(this.proxies.map((proxy) => proxy.refuse(true)));
		for (const proxy of this.proxies) proxy.cut();
		await down;
	}

	/** Resolves when the port has had an answer: it may learn of a lost connection only by what it sends. */
	async answered(port: RedisPort, key: string): Promise<void> {
		await until("the port is answered", 15_000, async () => {
			await port.command(get(key));
			return true;
		});
	}

	async comeUp(): Promise<void> {
		await Promise.all(this.proxies.map((proxy) => proxy.heal()));
	}

	/** A short key of another slot, on another master where there are several. */
	async keyElsewhere(key: string): Promise<string> {
		const home = await this.serverOf(key);
		for (let i = 0; ; i++) {
			const other = this.spread(`elsewhere${i}`);
			if (slotOf(other) !== slotOf(key) && (this.kind !== "cluster" || (await this.serverOf(other)) !== home))
				return other;
		}
	}

	async close(): Promise<void> {
		this.#over = true;
		await Promise.all(this.proxies.map((proxy) => proxy.heal()));
		for (const { port } of [...this.#opened]) await this.end(port);
		await this.#stage.heal(this.#disturbed);
	}
}
