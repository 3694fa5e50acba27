import type { Span } from "./protocol.ts";
import { dice } from "./seed.ts";

/** What may be broken, and whose. */
export const TARGETS = {
	"kill worker": "worker",
	"stop worker": "worker",
	"block worker": "worker",
	"shift clock": "worker",
	"cut link": "link",
	"lose requests": "link",
	"lose replies": "link",
	"swallow a reply": "link",
	"slow replies": "link",
	"freeze server": "server",
	"restart server": "server",
	"kill clients": "server",
	"kill subscribers": "server",
	"forget scripts": "server",
	"flush all": "server",
	failover: "group",
} as const;

export type FaultName = keyof typeof TARGETS;

/** One fault of a plan. */
export interface Strike {
	readonly fault: FaultName;
	/** Since the beginning of the run, in milliseconds. */
	readonly atMs: number;
	readonly forMs: number;
	/** By its index; or whoever holds, or held last, when the time comes. */
	readonly worker: number | "holder" | "all";
	readonly server: number | "all";
	/** From 0 to 1, for what a fault still has to choose. */
	readonly chance: number;
}

export interface PlanSettings {
	readonly faults: readonly FaultName[];
	readonly durationMs: number;
	/** How long a fault lasts. */
	readonly lastsMs: Span;
	/** How long all is well between two faults. */
	readonly calmMs: Span;
	readonly workers: number;
	readonly servers: number;
}

/** The faults of a run, one after the other: the same for the same seed. */
export function plan(seed: number, settings: PlanSettings): Strike[] {
	const { faults, durationMs, lastsMs, calmMs, workers, servers } = settings;
	if (faults.length === 0) return [];
	const chance = dice(seed);
	const strikes: Strike[] = [];
	for (let atMs = chance.between(...calmMs); ; ) {
		const forMs = Math.round(chance.between(...lastsMs));
		if (atMs + forMs > durationMs) return strikes;
		strikes.push({
			...{ fault: chance.pick(faults), atMs: Math.round(atMs), forMs },
			worker: chance.pick(["holder", Math.floor(chance.roll() * workers)]),
			server: chance.pick(["all", Math.floor(chance.roll() * servers)]),
			chance: chance.roll(),
		});
		atMs += forMs + chance.between(...calmMs);
	}
}

/** A plan by hand: each fault hits whoever holds the lock, and all servers. */
export function strikes(...given: readonly (readonly [FaultName, atMs: number, forMs: number])[]): Strike[] {
	const where = { worker: "holder", server: "all", chance: 0 } as const;
	return given.map(([fault, atMs, forMs]) => ({ fault, atMs, forMs, ...where }));
}
