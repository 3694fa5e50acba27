import { ClosedError } from "@rk/client";
import type { Loader } from "./cache.ts";
import type { Call } from "./call-options.ts";
import { Entry } from "./entry.ts";
import type { Beginning, Filling, Right } from "./filling.ts";
import { ANEW, Flight, type Owner } from "./flight.ts";
import { Lease } from "./lease.ts";
import { LoaderContext } from "./loader-context.ts";
import { hit, l2Failed, miss } from "./outcomes.ts";
import type { Parts, SecondTier } from "./parts.ts";
import { longestMs } from "./policy.ts";
import type { Schema } from "./presentation.ts";
import type { Outcome } from "./reader.ts";
import type { Acquired } from "./scripts.ts";
import type { TagRef } from "./tags.ts";
import { type Seen, stampsOf } from "./tokens.ts";

/** The first pause of one who waits for another's lease without being told, and the longest, in ms. */
const FIRST_POLL_MS = 20;
const LONGEST_POLL_MS = 250;

/** Nobody is answered by it. */
const DONE: Promise<undefined> = Promise.resolve(undefined);

/** What is to be loaded, and how. */
export interface Task {
	readonly key: string;
	readonly loader: Loader<unknown>;
	readonly call: Call;
	readonly schema: Schema | undefined;
	/** What memory has of it, past its time, in this very turn: an older one may be invalidated, and others would be given it. */
	readonly late: Entry | undefined;
	/** Load it even if it is fresh. */
	readonly force: boolean;
}

/** What one who wants to load hears: the value is there by now, he may, he is to wait, or Redis cannot say. */
type Verdict = Entry | Right | "wait" | "alone";

/** Loads keys: once for all who ask, in this process and in others, and writes only what nothing has invalidated meanwhile. */
export class Loads {
	readonly #parts: Parts;
	readonly #filling: Filling;
	/** All but those that have only asked Redis so far: they end by themselves, soon. */
	readonly #running = new Set<Flight>();
	#closed = false;

	constructor(parts: Parts, filling: Filling) {
		this.#parts = parts;
		this.#filling = filling;
	}

	/** Where nobody tells in time what others invalidate, only what is asked for from now on is good enough. */
	get exact(): boolean {
		const { redis } = this.#parts;
		return redis !== undefined && !redis.hears();
	}

	/**
	 * A load of the key that is under way. A call that was told before that it came too late joins none that has begun, or it might be told
	 * so for ever.
	 */
	joinable(key: string, { waitsSince }: Call): Flight | undefined {
		const under = this.#parts.inFlight.loads.get(key);
		if (under === undefined || !this.exact) return under;
		return under.answered || (waitsSince !== undefined && under.begun) ? undefined : under;
	}

	/** Joins whoever loads the key, or begins to. */
	ask(task: Task): Promise<unknown> {
		const { key, call } = task;
		const under = this.joinable(key, call);
		if (under !== undefined) {
			const { exact } = this;
			const value = under.wait(call, exact);
			if (!exact && call.tags.length === 0) return value;
			const since = call.waitsSince ?? this.#parts.clock();
			return value.then((found) => this.#orAnew(found, task, since));
		}
		const flight = this.#enter(key, call.tags, undefined);
		// Who may give up waits apart from what he waits for.
		if (call.signal === undefined) {
			flight.expected = true;
			return this.#look(flight, task, call);
		}
		const value = flight.wait(call);
		void this.#look(flight, task, undefined);
		return value;
	}

	#orAnew(found: unknown, task: Task, waitsSince: number): unknown {
		if (found !== ANEW) return found;
		this.requireOpen();
		return this.ask({ ...task, call: { ...task.call, waitsSince }, late: undefined });
	}

	/** @throws {ClosedError} */
	requireOpen(): void {
		if (this.#closed) throw new ClosedError("The cache is closed");
	}

	/** Its callers are answered with what is past its time. False: another load of this process is about to replace that. */
	mayRefresh(flight: Flight, { policy }: Call): boolean {
		const { clock, inFlight } = this.#parts;
		const other = inFlight.refreshes.get(flight.key);
		if (other !== undefined && clock() < other.until) return false;
		inFlight.refreshes.set(flight.key, { load: flight, until: clock() + policy.hardTimeoutMs });
		return true;
	}

	/** Begins to load the key, so that others may join. */
	start(task: Task): Flight {
		const flight = this.#enter(task.key, task.call.tags, undefined);
		void this.#look(flight, task, undefined);
		return flight;
	}

	/** A load that its owner does himself, and others may join. */
	enter(key: string, tags: readonly string[], owner: Owner): Flight {
		const flight = this.#enter(key, tags, owner);
		this.#running.add(flight);
		return flight;
	}

	#enter(key: string, tags: readonly string[], owner: Owner | undefined): Flight {
		const { inFlight, clock, deadlines } = this.#parts;
		const flight = new Flight(key, tags, inFlight.enter(key), clock, deadlines, this.#detach, owner);
		inFlight.loads.set(key, flight);
		return flight;
	}

	#leave(flight: Flight): void {
		const { inFlight } = this.#parts;
		flight.fence.leave();
		if (inFlight.loads.get(flight.key) === flight) inFlight.loads.delete(flight.key);
		if (!this.#running.delete(flight)) return; // it has only asked Redis
		if (inFlight.refreshes.get(flight.key)?.load === flight) inFlight.refreshes.delete(flight.key);
	}

	/** It has ended well. */
	settle(flight: Flight, entry: Entry): void {
		this.#leave(flight); // first: who came too late asks anew
		flight.settle(entry);
	}

	fail(flight: Flight, error: unknown): void {
		this.#leave(flight);
		flight.fail(error);
	}

	/** Aborts what is under way, and waits for what is being written: not for loaders, which may not heed their signal. */
	async close(): Promise<void> {
		this.#closed = true;
		const { inFlight, bells } = this.#parts;
		const error = new ClosedError("The cache is closed");
		for (const flight of this.#running) {
			flight.fail(error);
			flight.abort(error);
		}
		inFlight.detachAll();
		bells.ringAll();
		await this.#filling.done();
	}

	readonly #detach = (flight: Flight): void => {
		const { inFlight, bells } = this.#parts;
		if (inFlight.loads.get(flight.key) === flight) inFlight.loads.delete(flight.key);
		bells.ring(flight.key);
	};

	/**
	 * Takes what is fresh in Redis: the way of every hit, so that it costs no promise more than it must. Otherwise the load goes on.
	 *
	 * @param first who began it, and is answered here; `undefined`: all who want its result wait for the flight
	 */
	#look(flight: Flight, task: Task, first: Call | undefined): Promise<unknown> {
		const { redis } = this.#parts;
		const { key, call, schema, late, force } = task;
		const alone = redis === undefined || redis.queue.coversKey(key) || !redis.remote.admits();
		if (redis === undefined || alone || late !== undefined || force)
			return this.#goOn(flight, task, late, alone, first);
		return redis.reader.read(key, call.tags, schema, new Look(flight, task, first, this));
	}

	/** Gives the value if that answers who began the load, or a promise of it. */
	looked(flight: Flight, task: Task, found: Entry | undefined, first: Call | undefined): unknown {
		if (found === undefined) return this.#goOn(flight, task, undefined, false, first);
		const { memory, clock } = this.#parts;
		const now = clock();
		if (!flight.fence.fenced) memory?.put(flight.key, found, now);
		const stale = now >= found.freshUntil;
		hit(this.#parts, flight.key, "l2", stale);
		if (stale) return this.#goOn(flight, task, found, false, first);
		const value = first === undefined ? undefined : found.take();
		this.settle(flight, found);
		return value;
	}

	/** Redis could not be asked: the same. */
	lookFailed(flight: Flight, task: Task, error: unknown, first: Call | undefined): Promise<unknown> {
		l2Failed(this.#parts, "get", error);
		return this.#goOn(flight, task, undefined, true, first);
	}

	#goOn(
		flight: Flight,
		task: Task,
		late: Entry | undefined,
		alone: boolean,
		first: Call | undefined,
	): Promise<unknown> {
		const value = first === undefined ? DONE : flight.wait(first);
		flight.expected = false;
		void this.#run(flight, task, late, alone);
		return value;
	}

	/** Never rejects. */
	async #run(flight: Flight, task: Task, late: Entry | undefined, alone: boolean): Promise<void> {
		this.#running.add(flight);
		let entry: Entry;
		try {
			entry = await this.#find(flight, task, late, alone);
		} catch (error) {
			return this.fail(flight, error);
		}
		this.settle(flight, entry);
	}

	/** @param late what is past its time, as memory or Redis has it */
	async #find(flight: Flight, task: Task, late: Entry | undefined, alone: boolean): Promise<Entry> {
		const { clock, counts, backoffs } = this.#parts;
		const { key, call, force } = task;
		if (late === undefined) miss(this.#parts, key);
		else if (!force) {
			const resting = clock() < (backoffs.get(key) ?? 0);
			if (late.isStale(clock())) {
				counts.staleHits += 1;
				flight.answer(late);
				if (resting || !this.mayRefresh(flight, call)) return late;
				this.#parts.options.waitUntil?.(flight.end());
			} else if (resting && late.isFallback(clock())) {
				counts.staleHits += 1;
				return late;
			}
		}
		try {
			return await this.#obtain(flight, task, late, alone);
		} catch (error) {
			if (late === undefined || flight.abandoned) throw error;
			backoffs.set(key, clock() + call.policy.errorBackoffMs);
			if (!late.isFallback(clock())) throw error;
			counts.staleHits += 1;
			return late;
		}
	}

	/** Loads the value, or has it from whoever loads it. */
	async #obtain(flight: Flight, task: Task, late: Entry | undefined, mustBeAlone: boolean): Promise<Entry> {
		const { options, clock, bulkhead, nesting, bells, tags } = this.#parts;
		const { key } = task;
		flight.load(late);
		const patientUntil = clock() + options.leaseWaitMs;
		let alone = mustBeAlone;
		for (let pollMs = FIRST_POLL_MS; ; pollMs = Math.min(LONGEST_POLL_MS, 1.5 * pollMs)) {
			if (this.#closed || flight.abandoned) throw new ClosedError("Nobody waits for this load any more");
			// A load inside another one has the place of that one: it would wait for ever for those who wait for it.
			const takesPlace = !nesting.nested;
			if (takesPlace) await bulkhead.enter(key);
			try {
				flight.step();
				const { changes } = tags;
				const before = tags.refsWithNamespace(task.call.tags);
				const verdict = alone ? "alone" : await this.#contend(task, before);
				if (verdict instanceof Entry) return this.found(flight, verdict);
				if (verdict === "wait" && late !== undefined && flight.answered && !flight.awaited) return late;
				if (verdict !== "wait") {
					const right = verdict === "alone" ? undefined : verdict;
					return await this.#load(flight, task, late, this.#beginning(flight, task, before, changes, right));
				}
			} finally {
				if (takesPlace) bulkhead.leave();
			}
			if (clock() >= patientUntil) {
				if (late?.isFallback(clock())) return late;
				alone = true;
				continue;
			}
			await bells.sleep(key, pollMs * (0.75 + options.random() / 2));
		}
	}

	#beginning(
		{ fence }: Flight,
		{ key, call, schema, force }: Task,
		before: readonly TagRef[],
		changes: number,
		right: Right | undefined,
	): Beginning {
		return { key, call, schema, fence, tags: before.slice(1), changes, right, replaces: force };
	}

	async #contend(task: Task, before: readonly TagRef[]): Promise<Verdict> {
		const { redis, options, clock } = this.#parts;
		if (redis === undefined) return "alone";
		const { key, call, schema, force } = task;
		const lease = new Lease(redis.remote, options.leaseMs);
		try {
			const { acquired, seen } = await this.#acquire(redis, task, lease, before);
			if (acquired.value !== null && !force) {
				const found = await redis.reader.judge(key, acquired.value, call.tags, schema, seen);
				if (found !== undefined && clock() < found.freshUntil) {
					void lease.release(key);
					return found;
				}
			}
			if (!acquired.got) return "wait";
			const namespaceToken = seen.namespace?.hard;
			if (namespaceToken === undefined) return "alone";
			const tags = stampsOf(seen);
			return { lease, namespaceToken, tags };
		} catch (error) {
			void lease.release(key);
			l2Failed(this.#parts, "acquire", error);
			return "alone";
		}
	}

	/** The lease, the value as it is now, and the tokens, from memory where that is sure enough. */
	async #acquire(
		{ remote, tokens }: SecondTier,
		{ key, call, force }: Task,
		lease: Lease,
		before: readonly TagRef[],
	): Promise<{ readonly acquired: Acquired; readonly seen: Seen }> {
		const { leaseMs } = this.#parts.options;
		const lifeMs = longestMs(call.policy);
		// Both leave together.
		const seen = tokens.ensure(before, call.tags, lifeMs);
		if (seen instanceof Promise) seen.catch(() => {}); // it is heard below, when it is known whether there is a lease to give back
		const acquired = await remote.acquire(key, lease.token, leaseMs, force);
		if (acquired.got) lease.add(key, acquired.timeMs);
		return { acquired, seen: await seen };
	}

	/** Another process, or an earlier load, was quicker. */
	found(flight: Flight, entry: Entry): Entry {
		const { memory, clock } = this.#parts;
		hit(this.#parts, flight.key, "l2", false);
		if (!flight.fence.fenced) memory?.put(flight.key, entry, clock());
		return entry;
	}

	async #load(flight: Flight, task: Task, late: Entry | undefined, load: Beginning): Promise<Entry> {
		const { counts, events, nesting, clock, backoffs } = this.#parts;
		const { key, call } = task;
		const context = new LoaderContext(
			key,
			() => flight.signal,
			() => late?.take(),
		);
		const began = clock();
		counts.loads += 1;
		load.right?.lease.keep(call.policy.hardTimeoutMs);
		flight.step();
		try {
			const value = await nesting.run([key], flight.answered, () => task.loader(context));
			if (this.#closed) throw new ClosedError("The cache is closed");
			const { entry, stored } = await this.#filling.fill(load, value, context.said());
			backoffs.delete(key);
			if (events.wanted) events.emit({ type: "load", key, durationMs: clock() - began, stored });
			return entry;
		} catch (error) {
			void load.right?.lease.release(key);
			counts.loadErrors += 1;
			if (events.wanted) events.emit({ type: "load-failed", key, error, background: flight.answered });
			throw error;
		} finally {
			load.right?.lease.stop();
		}
	}
}

/** The first look of a load at Redis: one object instead of functions that each hold the same, since every hit makes it. */
class Look implements Outcome<unknown> {
	readonly #flight: Flight;
	readonly #task: Task;
	readonly #first: Call | undefined;
	readonly #loads: Loads;

	constructor(flight: Flight, task: Task, first: Call | undefined, loads: Loads) {
		this.#flight = flight;
		this.#task = task;
		this.#first = first;
		this.#loads = loads;
	}

	leaves(): void {
		this.#flight.step();
	}

	found(entry: Entry | undefined): unknown {
		return this.#loads.looked(this.#flight, this.#task, entry, this.#first);
	}

	failed(error: unknown): unknown {
		return this.#loads.lookFailed(this.#flight, this.#task, error, this.#first);
	}
}
