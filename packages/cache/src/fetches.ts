import type { CommandError } from "@rk/client";
import type { Fetched, Remote } from "./remote.ts";
import { refTo, type TagRef, type Tags } from "./tags.ts";
import type { Seen, Tokens } from "./tokens.ts";

/** Values of one command, at most. More would keep those who asked first waiting for the others. */
const MOST = 32;
/** Bytes of values that are handed out in one turn of the event loop, about: to read them takes its time. */
const TURN_BYTES = 262_144;

/** What somebody wants to read. */
export interface Fetch {
	readonly key: string;
	/** The tags whose tokens are to be read along, with the namespace's; `undefined`: not even that. */
	readonly tags: readonly string[] | undefined;
	/** It leaves now: what it will find may be out of date for those who come from now on. */
	leaves(): void;
	/** @param seen all tokens that were read along, also for others */
	found(bytes: Buffer | null | CommandError, seen: Seen | undefined): void;
	failed(error: unknown): void;
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

	add(fetch: Fetch): void {
		let group = this.#waiting.at(-1);
		if (group === undefined || group.all.length === MOST) {
			if (group === undefined) process.nextTick(this.#leave);
			group = new Group();
			this.#waiting.push(group);
		}
		group.all.push(fetch);
		if (fetch.tags !== undefined) group.want(fetch.tags, this.#tags);
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
				for (const fetch of all) fetch.failed(error);
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
		all[i]?.found(value, seen);
	}
}
