import { callBack } from "./call-back.ts";
import type { Driver, Link } from "./driver.ts";
import type { PortEvent, PortEventInfo } from "./port.ts";

type Listener = (info: PortEventInfo) => void;

/** `up`, `down` and `topology` of the connections for commands. */
export class PortEvents {
	readonly #driver: Driver;
	readonly #listeners: Record<PortEvent, Set<Listener>> = {
		up: new Set(),
		down: new Set(),
		topology: new Set(),
	};
	readonly #watched = new Map<Link, () => void>();
	readonly #offTopology: (() => void) | undefined;

	constructor(driver: Driver) {
		this.#driver = driver;
		this.#offTopology = driver.cluster?.onTopology(() => {
			this.#watchLinks();
			this.#emit("topology", {});
		});
		this.#watchLinks();
	}

	on(event: PortEvent, listener: Listener): () => void {
		// One function may be given twice; each has its own end.
		const own: Listener = (info) => listener(info);
		this.#listeners[event].add(own);
		return () => {
			this.#listeners[event].delete(own);
		};
	}

	close(): void {
		this.#offTopology?.();
		for (const off of this.#watched.values()) off();
		this.#watched.clear();
		for (const listeners of Object.values(this.#listeners)) listeners.clear();
	}

	#watchLinks(): void {
		const { link, cluster } = this.#driver;
		const links = new Set<Link>();
		if (link !== undefined) links.add(link);
		for (const node of cluster?.masters() ?? []) {
			const master = cluster?.linkAt(node);
			if (master !== undefined) links.add(master);
		}
		for (const [known, off] of this.#watched) {
			if (links.has(known)) continue;
			off();
			this.#watched.delete(known);
		}
		for (const each of links) {
			if (!this.#watched.has(each)) this.#watched.set(each, this.#watch(each));
		}
	}

	#watch(link: Link): () => void {
		let { node } = link;
		let up = link.state === "ready";
		return link.onState((state, cause) => {
			const ready = state === "ready";
			if (ready && node !== "" && link.node !== node) this.#emit("topology", { node: link.node });
			if (ready) node = link.node;
			if (ready === up) return;
			up = ready;
			this.#emit(
				ready ? "up" : "down",
				cause === undefined ? { node: link.node } : { node: link.node, cause },
			);
		});
	}

	#emit(event: PortEvent, info: PortEventInfo): void {
		for (const listener of this.#listeners[event]) callBack(() => listener(info));
	}
}
