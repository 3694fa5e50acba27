import { callBack } from "./call-back.ts";
import { checkFunction } from "./check.ts";
import type { Driver, Link } from "./driver.ts";
import { InvalidArgumentError } from "./errors.ts";
import type { PortEvent, PortEventInfo } from "./port.ts";

type Listener = (info: PortEventInfo) => void;

interface Watch {
	/** As it was told last. */
	readonly up: boolean;
	readonly off: () => void;
}

/** `up`, `down` and `topology` of the connections for commands. */
export class PortEvents {
	readonly #driver: Driver;
	readonly #listeners: Record<PortEvent, Set<Listener>> = {
		up: new Set(),
		down: new Set(),
		topology: new Set(),
	};
	readonly #watched = new Map<Link, Watch>();
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
		if (!Object.hasOwn(this.#listeners, event)) {
			throw new InvalidArgumentError("event", event, `one of ${Object.keys(this.#listeners).join(", ")}`);
		}
		checkFunction("listener", listener);
		// One function may be given twice; each has its own end.
		const own: Listener = (info) => listener(info);
		this.#listeners[event].add(own);
		return () => {
			this.#listeners[event].delete(own);
		};
	}

	close(): void {
		this.#offTopology?.();
		for (const { off } of this.#watched.values()) off();
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
		for (const [known, watch] of this.#watched) {
			if (links.has(known)) continue;
			watch.off();
			this.#watched.delete(known);
			// A library may drop a node together with its connection, before anybody hears of the loss.
			if (watch.up) this.#emit("down", { node: known.node });
		}
		for (const each of links) {
			if (!this.#watched.has(each)) this.#watched.set(each, this.#watch(each));
		}
	}

	#watch(link: Link): Watch {
		let { node } = link;
		const watch = { up: link.state === "ready", off: () => {} };
		watch.off = link.onState((state, cause) => {
			const ready = state === "ready";
			if (ready && node !== "" && link.node !== node) this.#emit("topology", { node: link.node });
			if (ready) node = link.node;
			if (ready === watch.up) return;
			watch.up = ready;
			this.#emit(
				ready ? "up" : "down",
				cause === undefined ? { node: link.node } : { node: link.node, cause },
			);
		});
		return watch;
	}

	#emit(event: PortEvent, info: PortEventInfo): void {
		for (const listener of this.#listeners[event]) callBack(() => listener(info));
	}
}
