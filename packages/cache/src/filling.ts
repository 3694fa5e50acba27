import type { Call } from "./call-options.ts";
import { Entry, type Held } from "./entry.ts";
import { physicalMs, type TagToken, type Times, writeEnvelope } from "./envelope.ts";
import { EncodeError } from "./errors.ts";
import type { SkipReason } from "./events.ts";
import type { Fence } from "./in-flight.ts";
import type { Lease } from "./lease.ts";
import type { Said } from "./loader-context.ts";
import { l2Failed } from "./outcomes.ts";
import type { Packed } from "./packing.ts";
import type { Parts } from "./parts.ts";
import type { Schema } from "./presentation.ts";
import { type TagRef, tokenOf } from "./tags.ts";

/** How far the clocks of a cluster's nodes may be apart. */
const CLOCKS_APART_MS = 1_000;

/** Served once, to those who wait. */
const NO_TIME: Times = Object.freeze({ storedAt: 0, freshMs: 0, staleMs: 0, errorMs: 0 });

/** The right to write what is loaded, and the tokens from before the load, which are written along. */
export interface Right {
	readonly lease: Lease;
	readonly namespaceToken: string;
	readonly tags: readonly TagToken[];
}

/** A load, as it was when its loader began. */
export interface Beginning {
	readonly key: string;
	readonly call: Call;
	readonly schema: Schema | undefined;
	readonly fence: Fence;
	/** The call's tags. */
	readonly tags: readonly TagRef[];
	/** How many invalidations of tags this process had seen. */
	readonly changes: number;
	/** `undefined`: what is loaded is not to be written to Redis. */
	readonly right: Right | undefined;
	/** Others have to drop what they have, though it is fresh. */
	readonly replaces: boolean;
}

/** Writes what was loaded where nothing has invalidated it since the load began. */
export class Filling {
	readonly #parts: Parts;
	readonly #underWay = new Set<Promise<boolean>>();

	constructor(parts: Parts) {
		this.#parts = parts;
	}

	/** Resolves when what is being written is written, or is not. */
	async done(): Promise<void> {
		await Promise.all(this.#underWay);
	}

	/** What callers get, whether or not it could be stored. @throws {SchemaError} */
	async fill(
		load: Beginning,
		value: unknown,
		said: Said,
	): Promise<{ readonly entry: Entry; readonly stored: boolean }> {
		const { clock, packing, options } = this.#parts;
		const { key, call } = load;
		if (value === undefined) return this.#unstored(load, bare(value), "undefined");
		let packed: Packed;
		try {
			packed = await packing.pack(key, value, load.schema);
		} catch (error) {
			if (!(error instanceof EncodeError)) throw error;
			if (this.#parts.events.wanted) this.#parts.events.emit({ type: "encode-error", key, error });
			return this.#unstored(load, bare(value));
		}
		const { held, payload } = packed;
		if (said.skipped) return this.#unstored(load, held, "asked");
		if (payload.length > options.maxEntryBytes) return this.#unstored(load, held, "too-large");
		const times = packing.times(value, call.policy, clock(), said.ttlMs);
		if (times === undefined) return this.#unstored(load, held, "ttl");
		const late = await this.#lateTags(
			load,
			[...said.tags].filter((tag) => !call.tags.includes(tag)),
			times,
		);
		if (late === undefined) return this.#unstored(load, held);
		const refs = [...load.tags, ...late.refs];
		const entry = new Entry(held, times, times.storedAt, refs.length > 0 ? refs : undefined);
		const writing = this.#write(load, payload, times, late.tokens);
		this.#underWay.add(writing);
		const stored = await writing;
		this.#underWay.delete(writing);
		if (stored && !load.fence.fenced) this.#parts.memory?.put(key, entry, clock());
		return { entry, stored };
	}

	/** True: it may be kept in memory too. */
	async #write(
		load: Beginning,
		payload: Buffer,
		times: Times,
		lateTags: readonly TagToken[],
	): Promise<boolean> {
		const { redis, packing, counts, events } = this.#parts;
		const { key, right } = load;
		if (redis === undefined || (right === undefined && redis.isDown())) return true;
		if (right === undefined) return false;
		const { lease, namespaceToken } = right;
		const bytes = writeEnvelope(
			times,
			packing.codecId,
			namespaceToken,
			[...right.tags, ...lateTags],
			payload,
		);
		lease.filling(key);
		const ttlMs = physicalMs(times);
		try {
			const filled = await redis.remote.fill(key, lease.token, bytes, ttlMs, load.replaces);
			if (filled) return true;
		} catch (error) {
			l2Failed(this.#parts, "fill", error);
			return false;
		}
		counts.fillsDropped += 1;
		if (events.wanted) events.emit({ type: "fill-dropped", key });
		return false;
	}

	/**
	 * Tags that the loader named, so that they could not be looked at before it began. `undefined`: one of them changed since then, or may
	 * have, so that the value is not to be kept.
	 */
	async #lateTags(
		load: Beginning,
		names: readonly string[],
		times: Times,
	): Promise<{ readonly refs: readonly TagRef[]; readonly tokens: readonly TagToken[] } | undefined> {
		if (names.length === 0) return NO_LATE_TAGS;
		const { redis, tags } = this.#parts;
		if (redis === undefined) {
			const refs = tags.refs(names);
			return refs.some(({ tag }) => tag.changedAt > load.changes) ? undefined : { refs, tokens: [] };
		}
		if (load.right === undefined) return undefined;
		const { lease } = load.right;
		const since = lease.timeMs - (redis.manyClocks ? CLOCKS_APART_MS : 0);
		const refs = tags.refsWithNamespace(names);
		try {
			const found = await redis.remote.tokensFor(names, physicalMs(times));
			const seen = redis.tokens.learn(refs, found);
			const tokens: TagToken[] = [];
			for (const name of names) {
				const token = seen.tags.get(name)?.token;
				if (token === undefined || token.changedAt >= since) return undefined;
				tokens.push(tokenOf(name, token));
			}
			return { refs: refs.slice(1), tokens };
		} catch (error) {
			l2Failed(this.#parts, "tags", error);
			return undefined;
		}
	}

	#unstored(
		load: Beginning,
		held: Held,
		reason?: SkipReason,
	): { readonly entry: Entry; readonly stored: false } {
		const { events, clock } = this.#parts;
		void load.right?.lease.release(load.key);
		if (reason !== undefined && events.wanted) events.emit({ type: "skip", key: load.key, reason });
		return { entry: new Entry(held, NO_TIME, clock(), undefined), stored: false };
	}
}

const NO_LATE_TAGS: { readonly refs: readonly TagRef[]; readonly tokens: readonly TagToken[] } =
	Object.freeze({
		refs: [],
		tokens: [],
	});

/** As the loader gave it: there are no bytes to make another of. */
function bare(value: unknown): Held {
	return { value, copy: undefined, size: 0 };
}
