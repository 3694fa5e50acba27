import type { Remote } from "./remote.ts";
import { refTo, type TagRef, type Tags } from "./tags.ts";
import type { Seen, Tokens } from "./tokens.ts";

/** Values of one command, at most. More would keep those who asked first waiting for the others. */
const MOST = 64;
/**
 * Bytes of values that are asked for by one command, and handed out in one turn of the event loop, about: they come all or not at all,
 * and to read them takes its time.
 */
const LOT_BYTES = 262_144;
/**
 * Values of the only command of a turn that are handed out in one turn: what these lead to is on its way to Redis, then, while the callers
 * of the others work, where each would wait for the other.
 */
const LOT = 32;
/** The real one, though a test fakes timers later: it is no time that is waited for. */
const later: typeof setImmediate = setImmediate;
/** By how much what was learned of a value's size counts less with each value after it. */
const FORGET = 0.95;

/** What a value's key held, and all tokens that were read along, also for others. */
export interface Found {
	readonly bytes: Buffer | null;
	readonly seen: Seen | undefined;
}

/** Is told when its read leaves. */
export interface Departure {
	/** It leaves now: what it will find may be out of date for those who come from now on. */
	leaves(): void;
}

/** What somebody wants to read. */
interface Fetch {
	readonly key: string;
	readonly departure: Departure;
	readonly resolve: (found: Found | Promise<Found>) => void;
	readonly reject: (error: unknown) => void;
}

/** Those that leave together. */
class Group {
	readonly all: Fetch[] = [];
	/** The namespace and the tags as they were before they were asked for. */
	refs: TagRef[] | undefined;
	#names: Set<string> | undefined;

	want(names: readonly string[], tags: Tags): void {
		this.refs ??= [refTo(tags.namespace)];
		for (const name of names) {
			this.#names ??= new Set();
			if (this.#names.has(name)) continue;
			this.#names.add(name);
			this.refs.push(refTo(tags.of(name)));
		}
	}
}

/**
 * Values are read when the code that asks for them has run to its end, those that were asked for meanwhile by few commands: one for each
 * would cost more than all else that a hit costs. In a cluster each has its own, since each may be on another node, which may be slow.
 */
export class Fetches {
	readonly #remote: Remote;
	readonly #tags: Tags;
	readonly #tokens: Tokens;
	#waiting: Group[] = [];
	/** Of a value, lately: as large as can be, until it is known better. */
	#largest = LOT_BYTES;

	constructor(remote: Remote, tags: Tags, tokens: Tokens) {
		this.#remote = remote;
		this.#tags = tags;
		this.#tokens = tokens;
	}

	/**
	 * @param tags whose tokens are to be read along, with the namespace's; `undefined`: not even that
	 */
	add(key: string, tags: readonly string[] | undefined, departure: Departure): Promise<Found> {
		let group = this.#waiting.at(-1);
		if (group === undefined || group.all.length >= this.#most) {
			if (group === undefined) process.nextTick(this.#leave);
			group = new Group();
			this.#waiting.push(group);
		}
		if (tags !== undefined) group.want(tags, this.#tags);
		const { all } = group;
		return new Promise((resolve, reject) => all.push({ key, departure, resolve, reject }));
	}

	get #most(): number {
		return this.#remote.inSlots ? MOST : Math.max(1, Math.min(MOST, Math.floor(LOT_BYTES / this.#largest)));
	}

	readonly #leave = (): void => {
		const groups = this.#waiting;
		this.#waiting = [];
		const lot = groups.length === 1 ? LOT : MOST;
		for (const { all, refs } of groups) {
			for (const { departure } of all) departure.leaves();
			if (this.#remote.inSlots || (all.length === 1 && refs === undefined)) this.#sendEach(all, refs);
			else this.#sendTogether(all, refs, lot);
		}
	};

	#sendEach(all: readonly Fetch[], refs: readonly TagRef[] | undefined): void {
		const seen =
			refs && this.#remote.tokens(namesOf(refs)).then((tokens) => this.#tokens.learn(refs, tokens));
		seen?.catch(() => {}); // each of them hears of it
		for (const { key, resolve, reject } of all) {
			this.#remote.get(key).then((bytes) => {
				this.#learn(bytes);
				resolve(seen === undefined ? { bytes, seen } : seen.then((seen) => ({ bytes, seen })));
			}, reject);
		}
	}

	#sendTogether(all: readonly Fetch[], refs: readonly TagRef[] | undefined, lot: number): void {
		const keys = all.map(({ key }) => key);
		this.#remote.getTogether(keys, refs === undefined ? undefined : namesOf(refs)).then(
			({ values, tokens }) => {
				const seen = refs === undefined ? undefined : this.#tokens.learn(refs, tokens);
				this.#handOut(all, values, seen, 0, lot);
			},
			(error: unknown) => {
				for (const fetch of all) fetch.reject(error);
			},
		);
	}

	#handOut(
		all: readonly Fetch[],
		values: ReadonlyArray<Buffer | null>,
		seen: Seen | undefined,
		from: number,
		lot: number,
	): void {
		let size = 0;
		for (let i = from; i < all.length; i++) {
			if (size >= LOT_BYTES || i - from >= lot) {
				later(() => this.#handOut(all, values, seen, i, lot));
				return;
			}
			const bytes = values[i] ?? null;
			this.#learn(bytes);
			size += bytes?.length ?? 0;
			all[i]?.resolve({ bytes, seen });
		}
	}

	#learn(bytes: Buffer | null): void {
		this.#largest = Math.max(bytes?.length ?? 0, FORGET * this.#largest, 1);
	}
}

/** Of the tags: the first is the namespace. */
function namesOf([, ...refs]: readonly TagRef[]): string[] {
	return refs.map(({ tag }) => tag.name);
}
