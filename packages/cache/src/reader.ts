import { createHash } from "node:crypto";
import type { Codec } from "./codec.ts";
import { Entry, type Held } from "./entry.ts";
import { type Envelope, readEnvelope } from "./envelope.ts";
import type { Events } from "./events.ts";
import type { Departure, Fetches } from "./fetches.ts";
import type { InvalidationQueue } from "./invalidation-queue.ts";
import type { Presentation, Schema } from "./presentation.ts";
import type { Remote } from "./remote.ts";
import type { Counts } from "./stats.ts";
import type { TagRef } from "./tags.ts";
import type { Seen, Tokens } from "./tokens.ts";

/** What becomes of a read. */
export interface Outcome<T> extends Departure {
	/** `undefined`: there is none that may be served. One that is past its time may be, in some cases. */
	found(entry: Entry | undefined): T | Promise<T>;
	failed(error: unknown): T | Promise<T>;
}

/** Reads values of Redis: only what can be read, and nothing has invalidated since. */
export class Reader {
	readonly #remote: Remote;
	readonly #tokens: Tokens;
	readonly #fetches: Fetches;
	readonly #queue: InvalidationQueue;
	readonly #codec: Codec;
	readonly #presentation: Presentation;
	readonly #clock: () => number;
	readonly #events: Events;
	readonly #counts: Counts;

	constructor(
		remote: Remote,
		tokens: Tokens,
		fetches: Fetches,
		queue: InvalidationQueue,
		codec: Codec,
		presentation: Presentation,
		clock: () => number,
		events: Events,
		counts: Counts,
	) {
		this.#remote = remote;
		this.#tokens = tokens;
		this.#fetches = fetches;
		this.#queue = queue;
		this.#codec = codec;
		this.#presentation = presentation;
		this.#clock = clock;
		this.#events = events;
		this.#counts = counts;
	}

	/** The way of every hit, so that it costs no promise more than it must. */
	read<T>(
		key: string,
		wanted: readonly string[],
		schema: Schema | undefined,
		outcome: Outcome<T>,
	): Promise<T> {
		const tags = this.#tokens.namespaceIsKnown ? undefined : wanted;
		// By a promise of its own for each: what it leads to, a loader perhaps, is to run in its caller's async context.
		const failed = (error: unknown): T | Promise<T> => outcome.failed(error);
		return this.#fetches.add(key, tags, outcome).then(({ bytes, seen }) => {
			const entry = bytes === null ? undefined : this.judge(key, bytes, wanted, schema, seen);
			if (!(entry instanceof Promise)) return outcome.found(entry);
			return entry.then((found) => outcome.found(found), failed);
		}, failed);
	}

	/** The tokens that all of these need, read at once; `undefined`: those that are known will do. */
	async seenFor(
		all: ReadonlyArray<Buffer | null | Error>,
		wanted: readonly string[],
	): Promise<Seen | undefined> {
		const names = new Set(wanted);
		for (const bytes of all) {
			if (!Buffer.isBuffer(bytes)) continue;
			const envelope = readEnvelope(bytes);
			if (typeof envelope === "object") for (const { tag } of envelope.tags) names.add(tag);
		}
		return this.#tokens.sure([...names], undefined) === undefined
			? this.#tokens.ask([...names], undefined)
			: undefined;
	}

	/** The entry that the bytes are, if it may be served. @param seen `undefined`: tokens that are known will do */
	judge(
		key: string,
		bytes: Buffer,
		wanted: readonly string[],
		schema: Schema | undefined,
		seen: Seen | undefined,
	): Entry | undefined | Promise<Entry | undefined> {
		const envelope = this.#open(key, bytes);
		if (envelope === undefined) return undefined;
		for (const tag of wanted) if (!envelope.tags.some((own) => own.tag === tag)) return undefined;
		const names = envelope.tags.length === 0 ? NO_NAMES : envelope.tags.map(({ tag }) => tag);
		const sure = this.#tokens.sure(names, seen);
		if (sure !== undefined) return this.#compare(key, bytes, envelope, schema, sure);
		return this.#tokens.ask(names, seen).then((asked) => this.#compare(key, bytes, envelope, schema, asked));
	}

	/** Whether its tokens are those of now. */
	#compare(
		key: string,
		bytes: Buffer,
		envelope: Envelope,
		schema: Schema | undefined,
		{ namespace, tags }: Seen,
	): Entry | undefined | Promise<Entry | undefined> {
		if (namespace === undefined || !envelope.isOf(namespace.hard)) return undefined;
		let { expired } = envelope;
		let refs: TagRef[] | undefined;
		for (const { tag, hard, soft } of envelope.tags) {
			const { token, ref } = tags.get(tag) ?? NOT_SEEN;
			if (ref !== undefined) {
				refs ??= [];
				refs.push(ref);
			}
			const queued = this.#queue.coversTag(tag);
			if (token?.hard !== hard || queued === "hard") return undefined;
			if (token.soft !== soft || queued === "soft") expired = true;
		}
		try {
			const held = this.#presentation.present(key, envelope.payload, schema);
			if (!(held instanceof Promise)) return this.#entry(envelope, held, refs, expired);
			return held.then(
				(checked) => this.#entry(envelope, checked, refs, expired),
				(error: unknown) => this.#corrupt(key, bytes, error),
			);
		} catch (error) {
			return this.#corrupt(key, bytes, error);
		}
	}

	#entry(
		envelope: Envelope,
		held: Held,
		refs: readonly TagRef[] | undefined,
		expired: boolean,
	): Entry | undefined {
		const now = this.#clock();
		// By a clock that goes ahead of this one it may be stored in the future, but it is not fresh for longer.
		const entry = new Entry(held, envelope, Math.min(envelope.storedAt, now), refs);
		if (expired) entry.expire();
		return now < entry.freshUntil || entry.isStale(now) || entry.isFallback(now) ? entry : undefined;
	}

	/** `undefined`: it cannot be read, and is healed where it is not another version's or codec's. */
	#open(key: string, bytes: Buffer): Envelope | undefined {
		const envelope = readEnvelope(bytes);
		if (typeof envelope === "object") return envelope.codec === this.#codec.id ? envelope : undefined;
		return envelope === "newer" ? undefined : this.#corrupt(key, bytes, `the value is ${envelope}`);
	}

	/** It counts as missing, and is deleted, so that others need not find out. */
	#corrupt(key: string, bytes: Buffer, error: unknown): undefined {
		this.#counts.corrupt += 1;
		const problem = error instanceof Error ? error.message : String(error);
		if (this.#events.wanted) this.#events.emit({ type: "corrupt", key, problem });
		this.#remote.heal(key, createHash("sha1").update(bytes).digest("hex")).catch(() => {}); // the load will replace it
		return undefined;
	}
}

const NO_NAMES: readonly string[] = Object.freeze([]);
const NOT_SEEN: { readonly token: undefined; readonly ref: undefined } = Object.freeze({
	token: undefined,
	ref: undefined,
});
