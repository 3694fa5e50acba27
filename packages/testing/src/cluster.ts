import { checkInteger, InvalidArgumentError, keyInSlot } from "@rk/client";
import { agreement, type NodeView, ownsSlot, readView } from "./cluster-view.ts";
import type { Host } from "./machine.ts";
import { promote } from "./promotion.ts";
import type { FaultProxy } from "./proxy/proxy.ts";
import { roleOf } from "./replication.ts";
import { RunningServer, type ServerParts } from "./running-server.ts";
import type { TestServer } from "./server.ts";
import { until } from "./wait.ts";

const SLOTS = 16_384;
const SETTLE_MS = 60_000;
const KEYS_AT_ONCE = 200;
const MIGRATE_TIMEOUT_MS = 10_000;

export interface ClusterNode extends TestServer {
	/** The node's name in the cluster, which it keeps over restarts. */
	readonly id: string;
}

/** A Redis Cluster on 127.0.0.1, and what can happen to one. */
export interface TestCluster extends AsyncDisposable {
	/** Every node; at the start the masters come first. Any of them will do as a seed. */
	readonly nodes: readonly ClusterNode[];
	/** The proxies of all nodes where it was started with `proxied: true`; empty otherwise. */
	readonly proxies: readonly FaultProxy[];

	/** The masters of now that are up. */
	masters(): Promise<readonly ClusterNode[]>;
	/** The replicas of `master` that are up. */
	replicasOf(master: ClusterNode): Promise<readonly ClusterNode[]>;
	/** The master of `slot`. */
	ownerOf(slot: number): Promise<ClusterNode>;
	/** Resolves when all nodes that run agree on masters, replicas and slots, find the cluster ok, and replicas are in sync. */
	settled(): Promise<void>;

	/**
	 * Makes a replica the master of a slot, or in the place of a master, and resolves with it when it takes writes, all
	 * nodes that run agree, and the old master, if it runs, follows it in sync. Nothing that a running master has
	 * acknowledged is lost: writes wait there until it is a replica, which also ends a pause of its clients.
	 */
	failover(of: number | ClusterNode): Promise<ClusterNode>;
	/**
	 * Begins to move a slot, and moves `keys` of it. Until {@link finishMigration}, the owner answers for a key it lacks with ASK,
	 * and either side with TRYAGAIN for several keys of which it lacks some.
	 */
	beginMigration(slot: number, to: ClusterNode, keys?: readonly string[]): Promise<void>;
	/** Moves the keys that are left in a slot, hands it over, and resolves when all nodes agree. */
	finishMigration(slot: number, to: ClusterNode): Promise<void>;
	/** Moves a slot with its keys. */
	moveSlot(slot: number, to: ClusterNode): Promise<void>;
	/** Moves the first `count` slots that `from` has, with their keys. */
	reshard(count: number, from: ClusterNode, to: ClusterNode): Promise<void>;

	/** Ends all nodes and removes all they left. */
	stop(): Promise<void>;
}

export class ClusterServer extends RunningServer implements ClusterNode {
	readonly id: string;

	constructor(parts: ServerParts, id: string) {
		super(parts);
		this.id = id;
	}
}

export class RunningCluster implements TestCluster {
	readonly nodes: readonly ClusterServer[];
	readonly #host: Host;

	constructor(nodes: readonly ClusterServer[], host: Host) {
		this.nodes = nodes;
		this.#host = host;
	}

	get proxies(): readonly FaultProxy[] {
		return this.nodes.flatMap(({ proxy }) => proxy ?? []);
	}

	async masters(): Promise<readonly ClusterServer[]> {
		const view = await this.#view();
		return this.#responsive(view.filter(({ role }) => role === "master"));
	}

	async replicasOf(master: ClusterNode): Promise<readonly ClusterServer[]> {
		const view = await this.#view();
		return this.#responsive(view.filter(({ masterId }) => masterId === master.id));
	}

	async ownerOf(slot: number): Promise<ClusterServer> {
		checkInteger("slot", slot, 0, SLOTS - 1);
		const view = await this.#view();
		const owner = this.nodes.find(({ id }) => view.some((node) => node.id === id && ownsSlot(node, slot)));
		if (owner === undefined) throw new InvalidArgumentError("slot", slot, "a slot that a node owns");
		return owner;
	}

	async settled(): Promise<void> {
		await until("all nodes of the cluster agree", SETTLE_MS, async () => {
			const nodes = this.#up();
			const views = await Promise.all(nodes.map(viewOf));
			if (new Set(views.map(agreement)).size !== 1) return false;
			const healthy = nodes.map((node, index) => isHealthy(node, views[index] ?? [], nodes));
			return (await Promise.all(healthy)).every(Boolean);
		});
	}

	async failover(of: number | ClusterNode): Promise<ClusterServer> {
		const master = typeof of === "number" ? await this.ownerOf(of) : this.#own("of", of);
		const [replica] = await this.replicasOf(master);
		const slot = typeof of === "number" ? of : (await this.#slotsOf(master))[0];
		if (replica === undefined || slot === undefined)
			throw new InvalidArgumentError("of", of, "a master with slots, and a replica that is up");
		await until(`${replica.url} is a master`, SETTLE_MS, async () => {
			await promote(replica, master);
			await this.settled();
			if ((await roleOf(replica)) !== "master" || (await this.ownerOf(slot)) !== replica) return false;
			await replica.command("DEL", `{${keyInSlot(slot)}}rk:testing`); // a write that changes nothing
			return true;
		});
		return replica;
	}

	async beginMigration(slot: number, to: ClusterNode, keys: readonly string[] = []): Promise<void> {
		const [from, target] = await this.#move(slot, to);
		await target.command("CLUSTER", "SETSLOT", slot, "IMPORTING", from.id);
		await from.command("CLUSTER", "SETSLOT", slot, "MIGRATING", target.id);
		await migrate(keys, from, target);
	}

	async finishMigration(slot: number, to: ClusterNode): Promise<void> {
		await this.#handOver(slot, to);
		await this.settled();
	}

	async moveSlot(slot: number, to: ClusterNode): Promise<void> {
		await this.beginMigration(slot, to);
		await this.finishMigration(slot, to);
	}

	async reshard(count: number, from: ClusterNode, to: ClusterNode): Promise<void> {
		const slots = await this.#slotsOf(from);
		checkInteger("count", count, 0, slots.length);
		for (const slot of slots.slice(0, count)) {
			await this.beginMigration(slot, to);
			await this.#handOver(slot, to);
		}
		await this.settled();
	}

	async stop(): Promise<void> {
		await Promise.all(this.nodes.map((node) => node.stop()));
		await this.#host.close();
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.stop();
	}

	async #handOver(slot: number, to: ClusterNode): Promise<void> {
		const [from, target] = await this.#move(slot, to);
		for (;;) {
			const keys = await from.command("CLUSTER", "GETKEYSINSLOT", slot, KEYS_AT_ONCE);
			if (!Array.isArray(keys) || keys.length === 0) break;
			await migrate(keys.map(String), from, target);
		}
		// The new owner first: nobody may be sent to a node that does not yet answer for the slot.
		for (const node of [target, from]) await node.command("CLUSTER", "SETSLOT", slot, "NODE", target.id);
	}

	async #move(slot: number, to: ClusterNode): Promise<[from: ClusterServer, to: ClusterServer]> {
		const [from, target] = [await this.ownerOf(slot), this.#own("to", to)];
		if (from === target)
			throw new InvalidArgumentError("to", to.url, `another node than the owner of slot ${slot}`);
		return [from, target];
	}

	#own(option: string, node: ClusterNode): ClusterServer {
		const own = this.nodes.find(({ id }) => id === node.id);
		if (own === undefined) throw new InvalidArgumentError(option, node.url, "a node of this cluster");
		return own;
	}

	async #slotsOf(node: ClusterNode): Promise<readonly number[]> {
		const view = (await this.#view()).find(({ id }) => id === node.id);
		return Array.from({ length: SLOTS }, (_, slot) => slot).filter((slot) => view && ownsSlot(view, slot));
	}

	#up(): readonly ClusterServer[] {
		return this.nodes.filter(({ responsive }) => responsive);
	}

	#responsive(views: readonly NodeView[]): readonly ClusterServer[] {
		return this.#up().filter(({ id }) => views.some((view) => view.id === id));
	}

	async #view(): Promise<readonly NodeView[]> {
		const [node] = this.#up();
		return node === undefined ? [] : viewOf(node);
	}
}

async function viewOf(node: ClusterServer): Promise<readonly NodeView[]> {
	return readView(`${await node.command("CLUSTER", "NODES")}`);
}

/** The node finds the cluster ok, and all who are `up`; it tells clients of them; a replica follows its master. */
async function isHealthy(
	node: ClusterServer,
	view: readonly NodeView[],
	up: readonly ClusterServer[],
): Promise<boolean> {
	const cluster = `${await node.command("CLUSTER", "INFO")}`;
	const replication = `${await node.command("INFO", "replication")}`;
	if (!cluster.includes("cluster_state:ok") || replication.includes("master_link_status:down")) return false;
	// A node leaves a replica out of CLUSTER SLOTS until it has heard from it how far it is.
	const told = JSON.stringify(await node.command("CLUSTER", "SLOTS"));
	return up.every(({ id }) => {
		const one = view.find((each) => each.id === id);
		const owner = one?.role === "replica" ? view.find((each) => each.id === one.masterId) : one;
		return one?.doubtful === false && (owner?.slots.length === 0 || told.includes(id));
	});
}

async function migrate(keys: readonly string[], from: ClusterServer, to: ClusterServer): Promise<void> {
	if (keys.length === 0) return;
	const login = to.password === undefined ? [] : ["AUTH", to.password];
	const target = ["127.0.0.1", to.directPort, "", 0, MIGRATE_TIMEOUT_MS, "REPLACE", ...login];
	await from.command("MIGRATE", ...target, "KEYS", ...keys);
}
