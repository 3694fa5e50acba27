import { CommandError, InvalidArgumentError, onAbort } from "@rk/client";
import type { ManyLoaded, ManyLoader } from "./cache.ts";
import type { Call } from "./call-options.ts";
import { CHUNK, chunksOf } from "./chunks.ts";
import type { Entry } from "./entry.ts";
import type { TagToken } from "./envelope.ts";
import type { Filling, Right } from "./filling.ts";
import type { Flight } from "./flight.ts";
import { Lease } from "./lease.ts";
import type { Said } from "./loader-context.ts";
import type { Loads } from "./loads.ts";
import type { Parts } from "./parts.ts";
import { longestMs } from "./policy.ts";
import type { Schema } from "./presentation.ts";
import { type Seen, stampsOf } from "./reader.ts";
import { newToken } from "./remote.ts";
import { refTo, type TagRef } from "./tags.ts";

/** Values that are written in one turn of the event loop: each is encoded, and goes by a script of its own. */
const FILLS = 100;
const POLL_MS = 20;

/** A key that a call has to load, and what is cached of it, past its time. */
export interface Missing {
	readonly flight: Flight;
	readonly late: Entry | undefined;
}

/** A key to load, with the right to write it or without. */
interface Mine extends Missing {
	readonly right: Right | undefined;
}

/** Loads of many keys by one call of a loader. */
export class BulkLoads {
	readonly #parts: Parts;
	readonly #loads: Loads;
	readonly #filling: Filling;

	constructor(parts: Parts, loads: Loads, filling: Filling) {
		this.#parts = parts;
		this.#loads = loads;
		this.#filling = filling;
	}

	/** Loads what is missing, or has it from whoever loads it. Never rejects: each load tells its own callers. */
	async obtain(
		missing: readonly Missing[],
		loader: ManyLoader<unknown>,
		call: Call,
		schema: Schema | undefined,
	): Promise<void> {
		const { redis, options, clock, bells } = this.#parts;
		const controller = new AbortController();
		const off =
			call.signal === undefined
				? undefined
				: onAbort(call.signal, () => {
						if (missing.every(({ flight }) => flight.abandoned)) controller.abort(call.signal?.reason);
					});
		let left = missing;
		let alone = redis === undefined || !redis.remote.admits();
		const patientUntil = clock() + options.leaseWaitMs;
		try {
			for await (const chunk of chunksOf(left, CHUNK))
				for (const { flight, late } of chunk) flight.load(late);
			while (left.length > 0) {
				const mine: Mine[] = [];
				const others: Missing[] = [];
				const round = await this.#begin(call);
				for await (const chunk of chunksOf(left, CHUNK)) {
					if (alone || round.namespaceToken === undefined)
						for (const one of chunk) mine.push({ ...one, right: undefined });
					else await this.#contend(chunk, call, schema, round, mine, others);
				}
				if (mine.length > 0) await this.#loadMine(mine, loader, call, schema, round, controller.signal);
				left = others.filter(({ flight }) => !flight.abandoned);
				const [first] = left;
				if (clock() >= patientUntil) alone = true;
				else if (first !== undefined) await bells.sleep(first.flight.key, POLL_MS);
			}
		} catch (error) {
			for (const { flight } of left) this.#loads.fail(flight, error);
		} finally {
			off?.();
		}
	}

	/** The tags as they are before the loader runs. */
	async #begin(call: Call): Promise<Round> {
		const { redis, tags, counts, events } = this.#parts;
		const { changes } = tags;
		const before = [refTo(tags.namespace), ...tags.refs(call.tags)];
		const refs = before.slice(1);
		if (redis === undefined || redis.isDown()) return { changes, refs, namespaceToken: undefined, tags: [] };
		try {
			const lifeMs = longestMs(call.policy);
			const seen = await redis.reader.ensure(before, call.tags, lifeMs);
			const own = stampsOf(seen);
			return { changes, refs, namespaceToken: seen.namespace?.hard, tags: own };
		} catch (error) {
			counts.l2Errors += 1;
			if (events.wanted) events.emit({ type: "l2-error", operation: "tags", error });
			return { changes, refs, namespaceToken: undefined, tags: [] };
		}
	}

	async #contend(
		chunk: readonly Missing[],
		call: Call,
		schema: Schema | undefined,
		{ namespaceToken, tags }: Round,
		mine: Mine[],
		others: Missing[],
	): Promise<void> {
		const { redis, options, clock, counts, memory } = this.#parts;
		if (redis === undefined || namespaceToken === undefined) return;
		for (const { flight } of chunk) flight.step();
		const token = newToken();
		const keys = chunk.map(({ flight }) => flight.key);
		const replies = await redis.remote.acquireMany(keys, token, options.leaseMs);
		const values = replies.map((reply) => (reply instanceof CommandError ? null : reply.value));
		const seen = await redis.reader.seenFor(values, call.tags).catch(() => NOT_SEEN);
		for (const [i, one] of chunk.entries()) {
			const { flight } = one;
			const reply = replies[i];
			if (reply === undefined || reply instanceof CommandError) {
				counts.l2Errors += 1;
				mine.push({ ...one, right: undefined });
				continue;
			}
			const lease = new Lease(redis.remote, flight.key, token, reply.timeMs, options.leaseMs);
			const found =
				reply.value === null
					? undefined
					: await redis.reader.judge(flight.key, reply.value, call.tags, schema, seen);
			if (found !== undefined && clock() < found.freshUntil) {
				if (reply.got) void lease.release();
				counts.l2Hits += 1;
				if (!flight.fence.fenced) memory?.put(flight.key, found, clock());
				this.#loads.settle(flight, found);
			} else if (reply.got) mine.push({ ...one, right: { lease, namespaceToken, tags } });
			else others.push(one);
		}
	}

	async #loadMine(
		mine: readonly Mine[],
		loader: ManyLoader<unknown>,
		call: Call,
		schema: Schema | undefined,
		{ changes, refs }: Round,
		signal: AbortSignal,
	): Promise<void> {
		const { bulkhead, nesting, counts, clock, events } = this.#parts;
		const keys = mine.map(({ flight }) => flight.key);
		const takesPlace = !nesting.nested;
		try {
			if (takesPlace) await bulkhead.enter(keys[0] ?? "");
			let find: Values;
			try {
				counts.loads += 1;
				for (const { flight } of mine) flight.step();
				const loaded = nesting.run(keys, false, () => loader(keys, { signal }));
				find = valuesOf(await loaded, keys);
			} finally {
				if (takesPlace) bulkhead.leave();
			}
			let at = 0;
			for await (const chunk of chunksOf(mine, FILLS)) {
				const from = at;
				at += chunk.length;
				const filled = chunk.map(async ({ flight, right }, i) => {
					const { key, fence } = flight;
					const load = { key, call, schema, fence, tags: refs, changes, right, replaces: false };
					try {
						const { entry } = await this.#filling.fill(load, find(key, from + i), NOTHING_SAID);
						this.#loads.settle(flight, entry);
					} catch (error) {
						void right?.lease.release();
						this.#loads.fail(flight, error);
					}
				});
				await Promise.all(filled);
			}
		} catch (error) {
			counts.loadErrors += 1;
			for (const { flight, late, right } of mine) {
				void right?.lease.release();
				if (events.wanted) events.emit({ type: "load-failed", key: flight.key, error, background: false });
				if (late?.isFallback(clock())) this.#loads.settle(flight, late);
				else this.#loads.fail(flight, error);
			}
		}
	}
}

/** What was true before a loader ran. */
interface Round {
	readonly changes: number;
	readonly refs: readonly TagRef[];
	/** `undefined`: nothing can be written. */
	readonly namespaceToken: string | undefined;
	readonly tags: readonly TagToken[];
}

const NOT_SEEN: Seen = Object.freeze({ namespace: undefined, tags: new Map() });
const NOTHING_SAID: Said = Object.freeze({ ttlMs: undefined, skipped: false, tags: new Set<string>() });

/** The value of a key, which is at that place of those asked for; `null` for one that is missing. */
type Values = (key: string, place: number) => unknown;

/** Looks into it when a value is needed, since a look for each of many keys takes its time. @throws {InvalidArgumentError} */
export function valuesOf(loaded: ManyLoaded<unknown>, keys: readonly string[]): Values {
	if (loaded instanceof Map) return (key) => loaded.get(key) ?? null;
	if (Array.isArray(loaded) && loaded.length === keys.length) return (_, place) => loaded[place] ?? null;
	throw new InvalidArgumentError(
		"loader",
		loaded,
		`a function that gives a Map, or an array of ${keys.length}`,
	);
}
