import type { CommandError } from "@rk/client";
import type { Fetched, Remote } from "./remote.ts";
import { refTo, type TagRef, type Tags } from "./tags.ts";
import type { Seen, Tokens } from "./tokens.ts";

/** Values of one command, at most. More would keep those who asked first waiting for the others. */
const MOST = 32;
/** Bytes of values that are handed out in one turn of the event loop, about: to read them takes its time. */
const TURN_BYTES = 262_144;

/** What a value's key held, and all tokens that were read along, also for others. */
export interface Found {
	readonly bytes: Buffer | null | CommandError;
	readonly seen: Seen | undefined;
}

/** What somebody wants to read. */
interface Fetch {
	readonly key: string;
	readonly leaves: () => void;
	readonly resolve: (found: Found) => void;
	readonly reject: (error: unknown) => void;
}

/** Those that leave together. */
class Group {
	readonly all: Fetch[] = [];
	/** The namespace and the tags as they were before they were asked for. */
	refs: TagRef[] | undefined;
	readonly #names = new Set<string>();

	want(names: readonly string[], tags: Tags): void {
		this.refs ??= [refTo(tags.namespace)];
		for (const name of names) {
			if (this.#names.has(name)) continue;
			this.#names.add(name);
			this.refs.push(refTo(tags.of(name)));
		}
	}
}

/**
 * Values are read when the code that asks for them has run to its end, all that were asked for meanwhile by one command: one for each would
 * cost more than all else that a hit costs.
 */
export class Fetches {
	readonly #remote: Remote;
	readonly #tags: Tags;
	readonly #tokens: Tokens;
	#waiting: Group[] = [];

	constructor(remote: Remote, tags: Tags, tokens: Tokens) {
		this.#remote = remote;
		this.#tags = tags;
		this.#tokens = tokens;
	}

	/**
	 * @param tags whose tokens are to be read along, with the namespace's; `undefined`: not even that
	 * @param leaves it leaves now: what it will find may be out of date for those who come from now on
	 */
	add(key: string, tags: readonly string[] | undefined, leaves: () => void): Promise<Found> {
		let group = this.#waiting.at(-1);
		if (group === undefined || group.all.length === MOST) {
			if (group === undefined) process.nextTick(this.#leave);
			group = new Group();
			this.#waiting.push(group);
		}
		if (tags !== undefined) group.want(tags, this.#tags);
		const { all } = group;
		return new Promise((resolve, reject) => all.push({ key, leaves, resolve, reject }));
	}

	readonly #leave = (): void => {
		const groups = this.#waiting;
		this.#waiting = [];
		for (const { all, refs } of groups) this.#send(all, refs);
	};

	#send(all: readonly Fetch[], refs: readonly TagRef[] | undefined): void {
		for (const fetch of all) fetch.leaves();
		const keys = all.map(({ key }) => key);
		const tags = refs?.slice(1).map(({ tag }) => tag.name);
		this.#remote.fetch(keys, tags).then(
			({ values, tokens }) => {
				const seen = refs === undefined ? undefined : this.#tokens.learn(refs, tokens);
				handOut(all, values, seen, 0);
			},
			(error: unknown) => {
				for (const fetch of all) fetch.reject(error);
			},
		);
	}
}

function handOut(
	all: readonly Fetch[],
	values: Fetched["values"],
	seen: Seen | undefined,
	from: number,
): void {
	let bytes = 0;
	for (let i = from; i < all.length; i++) {
		if (bytes >= TURN_BYTES) {
			setImmediate(handOut, all, values, seen, i);
			return;
		}
		const value = values[i] ?? null;
		if (Buffer.isBuffer(value)) bytes += value.length;
		all[i]?.resolve({ bytes: value, seen });
	}
}
