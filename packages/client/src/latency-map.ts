import type { Link } from "./driver.ts";

const EVERY_MS = 10_000;
/** Weight of the newest measurement. */
const NEWEST = 0.3;

/** Round trips to the nodes, measured by PING now and every 10 s, smoothed. */
export class LatencyMap {
	readonly #links: () => Link[];
	readonly #rttMs = new Map<string, number>();
	readonly #measuring = new Set<string>();
	readonly #timer: NodeJS.Timeout;

	constructor(links: () => Link[]) {
		this.#links = links;
		this.#timer = setInterval(() => this.#measure(links()), EVERY_MS);
		this.#timer.unref();
	}

	/** The one with the shortest round trip; one that was never measured is not chosen while another was. */
	nearest(links: readonly Link[]): Link | undefined {
		let best: Link | undefined;
		let bestMs = Number.POSITIVE_INFINITY;
		for (const link of links) {
			const ms = this.#rttMs.get(link.node);
			if (ms === undefined) this.#measure([link]);
			else if (ms < bestMs) {
				best = link;
				bestMs = ms;
			}
		}
		return best ?? links[0];
	}

	close(): void {
		clearInterval(this.#timer);
	}

	#measure(links: readonly Link[]): void {
		const nodes = new Set(this.#links().map((link) => link.node));
		for (const node of this.#rttMs.keys()) if (!nodes.has(node)) this.#rttMs.delete(node);
		for (const link of links) {
			const { node } = link;
			if (link.state === "down") link.connect?.();
			if (link.state !== "ready" || this.#measuring.has(node)) continue;
			this.#measuring.add(node);
			const began = performance.now();
			link.send(["PING"], "utf8").then(
				() => {
					const ms = performance.now() - began;
					const before = this.#rttMs.get(node);
					this.#rttMs.set(node, before === undefined ? ms : before + NEWEST * (ms - before));
					this.#measuring.delete(node);
				},
				() => {
					this.#rttMs.delete(node);
					this.#measuring.delete(node);
				},
			);
		}
	}
}
