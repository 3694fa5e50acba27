import type { Event, Invalidation, Load, Read } from "./history.ts";

/** What the caches of a run promise. */
export interface Rules {
	/** How long another node's invalidation may go unnoticed. With no memory tier: 0. */
	readonly maxStalenessMs: number;
	/** How long a value may be served after it was filled, fresh or stale. */
	readonly lifetimeMs: number;
	/** Whether the value of a key is the same on all nodes, once all is quiet. */
	readonly agree: boolean;
}

interface Finding {
	readonly rule: Rule;
	readonly message: string;
}

export type Rule =
	/** Served after an invalidation that began after it had been loaded, and had resolved before the read began. */
	| "stale"
	/** The same, when all had been quiet. */
	| "stuck"
	/** Served after its time. */
	| "aged"
	/** The value of another key, or one that nobody loaded or set. */
	| "foreign"
	/** Nodes have different values of a key, when all had been quiet. */
	| "disagreement"
	| "failure";

export interface Verdict {
	readonly findings: readonly Finding[];
	readonly reads: number;
	readonly loads: number;
	readonly invalidations: number;
	/** Of each rule. */
	readonly counts: Readonly<Record<Rule, number>>;
}

/** Judges what the nodes wrote down. */
export function check(events: readonly Event[], rules: Rules): Verdict {
	const reads = events.filter(isRead);
	const invalidations = events.filter(isInvalidation);
	const loads = events.filter(isLoad);
	const origins = originsOf(loads, invalidations);
	const told = new Told(invalidations);
	const firstSeen = firstSeenIn(reads);
	const last = reads.reduce((most, { round = 0 }) => Math.max(most, round), 0);
	const findings: Finding[] = [];
	const find = (rule: Rule, message: string): void => void findings.push({ rule, message });

	for (const read of reads) {
		const { value, key, began } = read;
		if (value === undefined) continue;
		const origin = origins.get(value.id);
		const got = `${describe(read)} got ${value.id}`;
		if (origin === undefined || value.key !== key) {
			find(
				"foreign",
				`${got} of ${value.key}, ${origin === undefined ? "which nobody made" : "another key"}`,
			);
			continue;
		}
		const missed = told.missed(read, origin, {
			othersMs: read.round === undefined ? rules.maxStalenessMs : 0,
			softToo: read.round !== undefined && read.round === last,
		});
		if (missed !== undefined) {
			const { by, node, began: from, ended: to } = missed;
			const then = `loaded at ${ms(origin)}, before the ${by} on ${node} from ${ms(from)} to ${ms(to)}`;
			find(read.round === undefined ? "stale" : "stuck", `${got}, ${then}`);
		}
		const age = began - (firstSeen.get(value.id) ?? began);
		if (age > rules.lifetimeMs) find("aged", `${got}, ${age.toFixed(0)} ms after it had been filled`);
	}
	for (const event of events) {
		if (event.kind === "failure") find("failure", `${event.by} on ${event.node}: ${event.detail}`);
	}
	if (rules.agree) {
		const closing = reads.filter(({ round }) => round !== undefined && round === last);
		for (const message of disagreements(closing)) find("disagreement", message);
	}

	const counts = { stale: 0, stuck: 0, aged: 0, foreign: 0, disagreement: 0, failure: 0 };
	for (const { rule } of findings) counts[rule] += 1;
	const [{ length: loaded }, { length: read }] = [loads, reads];
	return { findings, counts, loads: loaded, reads: read, invalidations: invalidations.length };
}

const isRead = (event: Event): event is Read & Event => event.kind === "read";
const isLoad = (event: Event): event is Load & Event => event.kind === "load";
const isInvalidation = (event: Event): event is Invalidation & Event => event.kind === "invalidation";
const ms = (at: number): string => at.toFixed(2);
const describe = ({ by, node, key, began }: Read & Event): string =>
	`${by}(${key}) on ${node} at ${ms(began)}`;

/**
 * From when on an invalidation makes the value old: a load, from its beginning; what was set, from when that resolved,
 * since before it nobody can say which of the two came first.
 */
function originsOf(loads: readonly Load[], invalidations: readonly Invalidation[]): Map<string, number> {
	const origins = new Map<string, number>();
	for (const { ids, began } of loads) for (const id of ids) origins.set(id, began);
	for (const { ids = [], ended } of invalidations) for (const id of ids) origins.set(id, ended);
	return origins;
}

/** When a read first returned each value: by then it had been filled. */
function firstSeenIn(reads: readonly Read[]): Map<string, number> {
	const seen = new Map<string, number>();
	for (const { value, ended } of reads) {
		if (value !== undefined) seen.set(value.id, Math.min(ended, seen.get(value.id) ?? ended));
	}
	return seen;
}

/** The invalidations, to be asked which of them a value did not survive. */
class Told {
	/** Of each key, in the order in which they resolved. */
	readonly #ofKey: Map<string, (Invalidation & Event)[]> = new Map();

	constructor(invalidations: readonly (Invalidation & Event)[]) {
		for (const one of invalidations.toSorted((a, b) => a.ended - b.ended)) {
			for (const key of one.keys) {
				const list = this.#ofKey.get(key) ?? [];
				list.push(one);
				this.#ofKey.set(key, list);
			}
		}
	}

	/** One that began after the value's `origin`, and that the read must know of. */
	missed(
		{ key, began, node }: Read & Event,
		origin: number,
		{ othersMs, softToo }: { readonly othersMs: number; readonly softToo: boolean },
	): (Invalidation & Event) | undefined {
		const list = this.#ofKey.get(key) ?? [];
		for (let n = list.length - 1; n >= 0; n--) {
			const one = list[n];
			if (one === undefined || one.ended < origin) return undefined;
			const known = one.node === node ? began : began - othersMs;
			if (one.ended < known && one.began > origin && (softToo || !one.soft)) return one;
		}
		return undefined;
	}
}

/** Keys whose readings differ. */
function disagreements(reads: readonly Read[]): string[] {
	const found = new Map<string, Set<string>>();
	for (const { key, value } of reads) {
		const ids = found.get(key) ?? new Set();
		found.set(key, ids.add(value?.id ?? "nothing"));
	}
	return [...found]
		.filter(([, ids]) => ids.size > 1)
		.map(([key, ids]) => `${key} is ${[...ids].join(" and ")}`);
}
