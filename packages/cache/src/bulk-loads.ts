import { ClosedError, CommandError, InvalidArgumentError } from "@rk/client";
import type { ManyLoaded, ManyLoader } from "./cache.ts";
import type { Call } from "./call-options.ts";
import { CHUNK, chunksOf } from "./chunks.ts";
import type { Entry } from "./entry.ts";
import type { Filling, Right } from "./filling.ts";
import type { Flight } from "./flight.ts";
import { Lease } from "./lease.ts";
import type { Said } from "./loader-context.ts";
import type { Loads } from "./loads.ts";
import { l2Failed } from "./outcomes.ts";
import type { Parts } from "./parts.ts";
import { longestMs } from "./policy.ts";
import type { Schema } from "./presentation.ts";
import type { TagRef } from "./tags.ts";
import { type Seen, stampsOf } from "./tokens.ts";

/** Values that are written in one turn of the event loop: each is encoded, and goes by a script of its own. */
const FILLS = 100;
const POLL_MS = 20;

/** How keys are loaded. */
export interface ManyTask {
	readonly loader: ManyLoader<unknown>;
	readonly call: Call;
	readonly schema: Schema | undefined;
}

/** What was true before a loader ran. */
interface Round {
	readonly changes: number;
	readonly refs: readonly TagRef[];
	/** `undefined`: nothing can be written. */
	readonly right: Right | undefined;
}

/** Loads of many keys by one call of a loader. */
export class BulkLoads {
	readonly #parts: Parts;
	readonly #loads: Loads;
	readonly #filling: Filling;
	/** Of loaders that run, or are about to. */
	readonly #controllers = new Set<AbortController>();
	#closed = false;

	constructor(parts: Parts, loads: Loads, filling: Filling) {
		this.#parts = parts;
		this.#loads = loads;
		this.#filling = filling;
	}

	/** Aborts loaders, and writes nothing more of what they give. */
	close(): void {
		this.#closed = true;
		for (const controller of this.#controllers) controller.abort(closed());
	}

	/** Loads them, or has them from whoever loads them. Never rejects: each load tells its own callers. */
	async obtain(flights: readonly Flight[], task: ManyTask, controller: AbortController): Promise<void> {
		const { redis, options, clock, bells } = this.#parts;
		this.#controllers.add(controller);
		let left = flights;
		let alone = redis === undefined || !redis.remote.admits();
		const patientUntil = clock() + options.leaseWaitMs;
		try {
			for (let [first] = left; first !== undefined; [first] = left) {
				left = await this.#round(left, first.key, task, alone, controller.signal);
				if (clock() >= patientUntil) alone = true;
				else if (left[0] !== undefined) await bells.sleep(left[0].key, POLL_MS);
			}
		} catch (error) {
			await this.#failAll(left, task.call, error);
		} finally {
			this.#controllers.delete(controller);
		}
	}

	/** Loads those that nobody else does, and gives the others. */
	async #round(
		flights: readonly Flight[],
		first: string,
		task: ManyTask,
		alone: boolean,
		signal: AbortSignal,
	): Promise<readonly Flight[]> {
		const { bulkhead, nesting } = this.#parts;
		// As in a load of one key.
		const takesPlace = !nesting.nested;
		if (takesPlace) await bulkhead.enter(first);
		let lease: Lease | undefined;
		try {
			const round = await this.#begin(task.call, alone);
			lease = round.right?.lease;
			const { mine, others } = await this.#contend(flights, task, round);
			if (mine.length > 0) await this.#load(mine, task, round, signal);
			return others;
		} finally {
			void lease?.releaseAll(); // of what was not written
			if (takesPlace) bulkhead.leave();
		}
	}

	/** The tags as they are before the loader runs. */
	async #begin(call: Call, alone: boolean): Promise<Round> {
		const { redis, tags, options } = this.#parts;
		const { changes } = tags;
		const before = tags.refsWithNamespace(call.tags);
		const refs = before.slice(1);
		if (alone || redis === undefined || redis.isDown()) return { changes, refs, right: undefined };
		try {
			const seen = await redis.tokens.ensure(before, call.tags, longestMs(call.policy));
			const namespaceToken = seen.namespace?.hard;
			if (namespaceToken === undefined) return { changes, refs, right: undefined };
			const lease = new Lease(redis.remote, options.leaseMs);
			return { changes, refs, right: { lease, namespaceToken, tags: stampsOf(seen) } };
		} catch (error) {
			l2Failed(this.#parts, "tags", error);
			return { changes, refs, right: undefined };
		}
	}

	/** Takes the leases that are free. */
	async #contend(
		flights: readonly Flight[],
		task: ManyTask,
		{ right }: Round,
	): Promise<{ readonly mine: readonly Flight[]; readonly others: readonly Flight[] }> {
		const { redis } = this.#parts;
		const mine: Flight[] = [];
		const others: Flight[] = [];
		right?.lease.keep(task.call.policy.hardTimeoutMs);
		for await (const chunk of chunksOf(flights, CHUNK)) {
			const asked: Flight[] = [];
			for (const flight of chunk) {
				flight.step();
				if (flight.abandoned)
					this.#loads.fail(flight, new ClosedError("Nobody waits for this load any more"));
				// What Redis has of it is known to be out of date.
				else if (redis?.queue.coversKey(flight.key)) mine.push(flight);
				else asked.push(flight);
			}
			if (redis === undefined || right === undefined || redis.isDown()) mine.push(...asked);
			else await this.#ask(asked, task, right.lease, mine, others);
		}
		return { mine, others };
	}

	async #ask(
		flights: readonly Flight[],
		task: ManyTask,
		lease: Lease,
		mine: Flight[],
		others: Flight[],
	): Promise<void> {
		const { redis, options, clock } = this.#parts;
		if (redis === undefined) return;
		const keys = flights.map(({ key }) => key);
		const replies = await redis.remote.acquireMany(keys, lease.token, options.leaseMs);
		const values = replies.map((reply) => (reply instanceof CommandError ? null : reply.value));
		const seen = await redis.reader.seenFor(values, task.call.tags).catch(() => NOT_SEEN);
		for (const [i, flight] of flights.entries()) {
			const reply = replies[i];
			if (reply === undefined || reply instanceof CommandError) {
				l2Failed(this.#parts, "acquire", reply);
				mine.push(flight);
				continue;
			}
			if (reply.got) lease.add(flight.key, reply.timeMs);
			const found = reply.value === null ? undefined : await this.#judge(flight.key, reply.value, task, seen);
			if (found !== undefined && clock() < found.freshUntil) {
				void lease.release(flight.key);
				this.#loads.settle(flight, this.#loads.found(flight, found));
			} else if (reply.got) mine.push(flight);
			else if (flight.late !== undefined && flight.answered && !flight.awaited)
				this.#loads.settle(flight, flight.late);
			else others.push(flight);
		}
	}

	/** Where that cannot be told, it is loaded. */
	async #judge(
		key: string,
		bytes: Buffer,
		{ call, schema }: ManyTask,
		seen: Seen | undefined,
	): Promise<Entry | undefined> {
		try {
			return await this.#parts.redis?.reader.judge(key, bytes, call.tags, schema, seen);
		} catch (error) {
			l2Failed(this.#parts, "tags", error);
			return undefined;
		}
	}

	/** Never rejects. */
	async #load(mine: readonly Flight[], task: ManyTask, round: Round, signal: AbortSignal): Promise<void> {
		const { nesting, counts, clock } = this.#parts;
		const { loader, call } = task;
		const lease = round.right?.lease;
		const began = clock();
		const background = mine[0]?.answered === true;
		const keys: string[] = [];
		for await (const chunk of chunksOf(mine, CHUNK)) {
			for (const flight of chunk) {
				flight.step();
				keys.push(flight.key);
			}
		}
		lease?.keep(call.policy.hardTimeoutMs);
		counts.loads += 1;
		let find: Values;
		try {
			const loaded = await nesting.run(keys, background, () => loader(keys, { signal }));
			find = valuesOf(loaded, keys);
		} catch (error) {
			counts.loadErrors += 1;
			return this.#failAll(mine, call, error);
		}
		lease?.keep(call.policy.hardTimeoutMs);
		let at = 0;
		for await (const chunk of chunksOf(mine, FILLS)) {
			const from = at;
			at += chunk.length;
			await Promise.all(
				chunk.map((flight, i) => this.#fill(flight, () => find(flight.key, from + i), task, round, began)),
			);
		}
	}

	/** Never rejects. */
	async #fill(
		flight: Flight,
		find: () => unknown,
		{ call, schema }: ManyTask,
		{ right, refs, changes }: Round,
		began: number,
	): Promise<void> {
		const { counts, events, clock, backoffs } = this.#parts;
		const { key, fence } = flight;
		const own = right?.lease.covers(key) ? right : undefined;
		try {
			if (this.#closed) throw closed();
			const load = { key, call, schema, fence, tags: refs, changes, right: own, replaces: false };
			const { entry, stored } = await this.#filling.fill(load, find(), NOTHING_SAID);
			backoffs.delete(key);
			if (events.wanted) events.emit({ type: "load", key, durationMs: clock() - began, stored });
			this.#loads.settle(flight, entry);
		} catch (error) {
			counts.loadErrors += 1;
			this.#fail(flight, call, error);
		}
	}

	async #failAll(flights: readonly Flight[], call: Call, error: unknown): Promise<void> {
		for await (const chunk of chunksOf(flights, CHUNK))
			for (const flight of chunk) this.#fail(flight, call, error);
	}

	/** The value from before, if it may be served, or the error. */
	#fail(flight: Flight, call: Call, error: unknown): void {
		const { counts, events, clock, backoffs } = this.#parts;
		const { key, late, answered } = flight;
		if (events.wanted) events.emit({ type: "load-failed", key, error, background: answered });
		if (late !== undefined) backoffs.set(key, clock() + call.policy.errorBackoffMs);
		if (late?.isFallback(clock())) {
			counts.staleHits += 1;
			this.#loads.settle(flight, late);
		} else this.#loads.fail(flight, error);
	}
}

function closed(): ClosedError {
	return new ClosedError("The cache is closed");
}

const NOT_SEEN: Seen = Object.freeze({ namespace: undefined, tags: new Map() });
const NOTHING_SAID: Said = Object.freeze({ ttlMs: undefined, skipped: false, tags: new Set<string>() });

/** The value of a key, which is at that place of those asked for; `null` for one that is missing. Throws what the loader says of the key. */
type Values = (key: string, place: number) => unknown;

/** Looks into it when a value is needed, since a look for each of many keys takes its time. @throws {InvalidArgumentError} */
function valuesOf(loaded: ManyLoaded<unknown>, keys: readonly string[]): Values {
	if (loaded instanceof Map) return (key) => valueOrThrow(loaded.get(key));
	if (Array.isArray(loaded) && loaded.length === keys.length)
		return (_, place) => valueOrThrow(loaded[place]);
	throw new InvalidArgumentError(
		"loader",
		loaded,
		`a function that gives a Map, or an array of ${keys.length}: this is what it gave`,
	);
}

function valueOrThrow(loaded: unknown): unknown {
	if (loaded instanceof Error) throw loaded;
	return loaded ?? null;
}
