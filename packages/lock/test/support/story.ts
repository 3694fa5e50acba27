import type { Access, Entry, Event, FaultWindow, History, Leftovers } from "../../harness/history.ts";

/** One hold of a hand-made history: instants, in the order in which they come. */
export interface Told {
	readonly hold: string;
	readonly worker?: string;
	readonly key?: string;
	readonly asked: number;
	readonly sentFrom?: number;
	readonly granted?: number;
	readonly remainingMs?: number;
	readonly fence?: number;
	/** When the library was asked and said yes. */
	readonly held?: readonly number[];
	readonly released?: readonly [at: number, doneAt: number, ok?: boolean];
	readonly denied?: number;
	readonly failed?: number;
}

const NOTHING_LEFT: Leftovers = { keys: [], channels: [], lingering: [] };

/** A history as the workers would have written it. */
export function story(
	holds: readonly Told[],
	beside: {
		faults?: FaultWindow[];
		accesses?: Access[];
		leftovers?: Partial<Leftovers>;
		events?: Event[];
	} = {},
): History {
	const { faults = [], accesses = [], leftovers = {}, events = [] } = beside;
	return {
		events: [...holds.flatMap(eventsOf), ...events].sort((a, b) => a.at - b.at),
		...{ faults, accesses, leftovers: { ...NOTHING_LEFT, ...leftovers } },
	};
}

function eventsOf(told: Told): Event[] {
	const { hold, worker = hold.slice(0, 1), key = "k", asked, granted, released, denied, failed } = told;
	const entries: Entry[] = [{ kind: "ask", at: asked, hold, key }];
	if (denied !== undefined) entries.push({ kind: "denied", at: denied, hold });
	if (failed !== undefined) entries.push({ kind: "failed", at: failed, hold, detail: "ECONNRESET" });
	if (granted !== undefined) {
		entries.push({
			...{ kind: "grant", at: granted, hold },
			...(told.fence === undefined ? {} : { fence: `${told.fence}` }),
			...(told.sentFrom === undefined ? {} : { sentFrom: told.sentFrom }),
			...(told.remainingMs === undefined ? {} : { remainingMs: told.remainingMs }),
		});
		for (const at of told.held ?? []) entries.push({ kind: "held", at, hold });
	}
	if (released !== undefined) {
		const [at, doneAt, ok = true] = released;
		entries.push({ kind: "release", at, hold }, { kind: "released", at: doneAt, hold, ok });
	}
	return entries.map((entry) => ({ ...entry, worker }));
}
