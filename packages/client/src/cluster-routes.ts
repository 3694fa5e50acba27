import { backoffMs, pause } from "./backoff.ts";
import type { Args } from "./command.ts";
import type { ClusterDriver, Driver, Link, OwnLink } from "./driver.ts";
import { ConnectionError, type ServerError } from "./errors.ts";
import { LatencyMap } from "./latency-map.ts";
import { closed, type EndError } from "./patience.ts";
import {
	ANY_MASTER,
	MAX_REDIRECTIONS,
	type Redirected,
	type Resent,
	type Routes,
	type Waiter,
	WaitingLine,
} from "./routes.ts";

/** Which node of a cluster serves a command that only reads. */
export type ReadFrom = "master" | "replica" | "any" | "nearest";

/** How long a refresh of the slots may take before the next try. */
const REFRESH_MS = 2000;
const PING: Args = ["PING"];

/** A cluster: each command goes to the node of its slot, and where the nodes redirect it. */
export class ClusterRoutes implements Routes {
	readonly #driver: Driver;
	readonly #cluster: ClusterDriver;
	readonly #readFrom: ReadFrom;
	readonly #connectTimeoutMs: number;
	readonly #lines = new Map<string, WaitingLine>();
	/** Connections to nodes that the client does not know yet: the target of an ASK may own no slot. */
	readonly #visited = new Map<string, Promise<OwnLink>>();
	/** Such connections that are no longer needed, and have replies on their way. */
	readonly #retiring = new Set<OwnLink>();
	/** Redirected commands that wait a moment, by slot: together, so that they stay in their order. */
	readonly #delayed = new Map<number, Redirected[]>();
	readonly #latency: LatencyMap | undefined;
	readonly #offTopology: () => void;
	#refreshing: Promise<void> | undefined;
	#turn = 0;
	#closed = false;

	constructor(driver: Driver, cluster: ClusterDriver, readFrom: ReadFrom, connectTimeoutMs: number) {
		this.#driver = driver;
		this.#cluster = cluster;
		this.#readFrom = readFrom;
		this.#connectTimeoutMs = connectTimeoutMs;
		this.#latency = readFrom === "nearest" ? new LatencyMap(() => this.#links()) : undefined;
		this.#offTopology = cluster.onTopology(() => this.#forgetVisited());
	}

	ready(slot: number, readOnly: boolean): Link | undefined {
		if (this.#lines.size > 0 && this.#lines.has(this.#lineOf(slot, readOnly))) return undefined;
		const link = this.#pick(slot, readOnly);
		return link?.state === "ready" ? link : undefined;
	}

	whenReady(slot: number, readOnly: boolean, waiter: Waiter): void {
		this.#inLine(slot, readOnly, (line) => line.add(waiter));
	}

	/** What another node refused than the slot's own, as in a move of the slot, has no order to keep. */
	forgotten(call: Resent, from: Link, slot: number, readOnly: boolean): void {
		const node = this.nodeOf(slot);
		if (node === undefined || this.#cluster.linkAt(node) !== from) this.whenReady(slot, readOnly, call);
		else this.#inLine(slot, readOnly, (line) => void line.resend(call, from));
	}

	redirected(error: ServerError, from: Link, slot: number, attempt: number, waiter: Redirected): void {
		if (this.#closed || attempt >= MAX_REDIRECTIONS) {
			waiter.fail(this.#closed ? closed : () => error);
			return;
		}
		const node = redirectedTo(error, from);
		if (error.code === "ASK" && node !== undefined) {
			void this.#ask(node, waiter);
			return;
		}
		if (error.code === "MOVED" && node !== undefined) {
			void this.#refresh(slot);
			const link = this.#cluster.linkAt(node);
			if (link?.state === "ready" && !this.#delayed.has(slot)) {
				waiter.go(link);
				return;
			}
		}
		// After MOVED to a node that is not there yet, TRYAGAIN and CLUSTERDOWN only time helps.
		const delayed = this.#delayed.get(slot);
		if (delayed !== undefined) {
			delayed.push(waiter);
			return;
		}
		this.#delayed.set(slot, [waiter]);
		void this.#later(slot, attempt);
	}

	nodeOf(slot: number): string | undefined {
		return slot === ANY_MASTER ? undefined : this.#cluster.masterOf(slot);
	}

	masters(): ReadonlyMap<string, Link | undefined> {
		const masters = new Map(this.#cluster.masters().map((node) => [node, this.#cluster.linkAt(node)]));
		// Whoever only asks how things are must find them better the next time.
		const lacking = masters.size === 0 || [...masters.values()].includes(undefined);
		if (lacking && !this.#closed) void this.#refresh(ANY_MASTER);
		return masters;
	}

	close(): void {
		this.#closed = true;
		this.#offTopology();
		this.#latency?.close();
		this.#forgetVisited();
		for (const link of this.#retiring) link.destroy();
		this.#failLines(closed);
	}

	/** Puts somebody into the slot's line, which is served from then on until it is empty. */
	#inLine(slot: number, readOnly: boolean, put: (line: WaitingLine) => void): void {
		const name = this.#lineOf(slot, readOnly);
		const known = this.#lines.get(name);
		const line = known ?? new WaitingLine();
		put(line);
		if (known !== undefined) return;
		this.#lines.set(name, line);
		void this.#serve(name, line, slot, readOnly);
	}

	/** Reads wait apart only where another node may serve them: on one node all goes in the order in which it was given. */
	#lineOf(slot: number, readOnly: boolean): string {
		return readOnly && this.#readFrom !== "master" ? `${slot} read` : `${slot}`;
	}

	#pick(slot: number, readOnly: boolean): Link | undefined {
		if (slot === ANY_MASTER) return this.#anyMaster();
		const node = this.#cluster.masterOf(slot);
		const master = node === undefined ? undefined : this.#cluster.linkAt(node);
		if (!readOnly || this.#readFrom === "master") return master;
		return this.#reader(slot, master) ?? master;
	}

	#anyMaster(): Link | undefined {
		const links = this.#masterLinks();
		this.#turn += 1;
		const turned = links.slice(this.#turn % Math.max(links.length, 1)).concat(links);
		return turned.find((link) => link.state === "ready") ?? turned[0];
	}

	#reader(slot: number, master: Link | undefined): Link | undefined {
		const candidates: Link[] = this.#readFrom === "replica" || master === undefined ? [] : [master];
		for (const node of this.#cluster.replicasOf(slot)) {
			const link = this.#cluster.linkAt(node);
			if (link === undefined) continue;
			if (link.state === "down") link.connect?.();
			candidates.push(link);
		}
		const ready = candidates.filter((link) => link.state === "ready");
		if (this.#latency !== undefined) return this.#latency.nearest(ready);
		this.#turn += 1;
		return ready[this.#turn % Math.max(ready.length, 1)];
	}

	#masterLinks(): Link[] {
		return [...this.masters().values()].filter((link) => link !== undefined);
	}

	#links(): Link[] {
		const links = this.#masterLinks();
		const seen = new Set<string>();
		for (let slot = 0; slot < 16384; slot++) {
			const master = this.#cluster.masterOf(slot);
			if (master === undefined || seen.has(master)) continue;
			seen.add(master);
			for (const node of this.#cluster.replicasOf(slot)) {
				const link = this.#cluster.linkAt(node);
				if (link !== undefined) links.push(link);
			}
		}
		return links;
	}

	async #serve(name: string, line: WaitingLine, slot: number, readOnly: boolean): Promise<void> {
		for (let attempt = 0; !this.#closed; attempt++) {
			if (line.resending !== undefined) await line.resending;
			line.prune();
			const link = this.#pick(slot, readOnly);
			if (link?.state === "ready") line.serve(link);
			if (line.empty) break;
			if (link?.state === "down") {
				link.connect?.();
				await changeOf(link, backoffMs(attempt, 50, 500));
			} else {
				await pause(backoffMs(attempt, 20, 500));
			}
			// A node that stays away may have been replaced: the others know.
			if (attempt > 0 || link === undefined || link.state === "closed") await this.#refresh(slot);
		}
		if (this.#closed) line.fail(closed);
		this.#lines.delete(name);
	}

	async #later(slot: number, attempt: number): Promise<void> {
		await pause(backoffMs(attempt, 10, 500));
		await this.#refresh(slot);
		const delayed = this.#delayed.get(slot) ?? [];
		this.#delayed.delete(slot);
		for (const waiter of delayed) {
			if (waiter.over) continue;
			if (this.#closed) waiter.fail(closed);
			else this.whenReady(slot, false, waiter);
		}
	}

	async #ask(node: string, waiter: Redirected): Promise<void> {
		const known = this.#cluster.linkAt(node);
		let link: Link | undefined = known?.state === "ready" ? known : undefined;
		if (link === undefined) {
			try {
				link = await this.#visit(node);
			} catch (error) {
				waiter.fail((_, failed) => this.#driver.fault(error, failed));
				return;
			}
		}
		if (waiter.over) return;
		if (link.state === "ready") waiter.goAsking(link);
		else
			waiter.fail(
				(_, failed) => new ConnectionError("The connection was lost", "not-sent", { ...failed, node }),
			);
	}

	#visit(node: string): Promise<OwnLink> {
		const open = this.#visited.get(node);
		if (open !== undefined) return open;
		const opening = this.#driver.open({
			node,
			protocol: "as-configured",
			readOnly: false,
			timeoutMs: this.#connectTimeoutMs,
		});
		this.#visited.set(node, opening);
		const forget = (): void => {
			if (this.#visited.get(node) === opening) this.#visited.delete(node);
		};
		opening.then((link) => link.onState((state) => state === "closed" && forget()), forget);
		return opening;
	}

	#forgetVisited(): void {
		for (const [node, opening] of this.#visited) {
			// Still the only way to a node that owns no slot, unless the client has met it by now.
			if (!this.#closed && this.#cluster.linkAt(node) === undefined) continue;
			this.#visited.delete(node);
			opening.then(
				(link) => this.#retire(link),
				() => {},
			);
		}
	}

	/** Replies come in the order of what was sent: after this one, none is on its way. */
	#retire(link: OwnLink): void {
		const destroy = (): void => {
			this.#retiring.delete(link);
			link.destroy();
		};
		if (this.#closed || link.state !== "ready") {
			destroy();
			return;
		}
		this.#retiring.add(link);
		link.send(PING, "utf8").then(destroy, destroy);
	}

	#refresh(slot: number): Promise<void> {
		this.#refreshing ??= Promise.race([this.#cluster.refresh(slot), pause(REFRESH_MS)])
			.catch((error: unknown) => {
				// The application closed its client: nobody need wait. Otherwise no node answered, and who waits tries again.
				if (this.#driver.fault(error).code === "RK_CLOSED") this.#failLines(closed);
			})
			.finally(() => {
				this.#refreshing = undefined;
			});
		return this.#refreshing;
	}

	#failLines(error: EndError): void {
		for (const line of this.#lines.values()) line.fail(error);
	}
}

/** `host:port` from `MOVED 3999 host:port`; an empty host means the one that answered. */
function redirectedTo(error: ServerError, from: Link): string | undefined {
	const node = error.reply.split(" ")[2];
	if (node === undefined) return undefined;
	return node.startsWith(":") ? from.node.slice(0, from.node.lastIndexOf(":")) + node : node;
}

/** Resolves at the connection's next change, or after this time. */
function changeOf(link: Link, ms: number): Promise<void> {
	return new Promise((resolve) => {
		const done = (): void => {
			off();
			clearTimeout(timer);
			resolve();
		};
		const off = link.onState(done);
		const timer = setTimeout(done, ms);
		timer.unref();
	});
}
