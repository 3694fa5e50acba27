import { CommandError, type Outcome } from "@rk/client";
import type { Call } from "./call-options.ts";
import { chunksOf } from "./chunks.ts";
import { Entry, type Held } from "./entry.ts";
import { physicalMs, writeEnvelope } from "./envelope.ts";
import { EncodeError, InvalidationError, type WriteOperation } from "./errors.ts";
import type { Invalidation } from "./invalidation-queue.ts";
import type { Parts } from "./parts.ts";
import { longestMs } from "./policy.ts";
import type { Schema } from "./presentation.ts";
import { isAsBefore, refTo, type Tag } from "./tags.ts";
import { stampsOf } from "./tokens.ts";

/** Keys that are written in one turn of the event loop. */
const LOT = 100;

/**
 * What is written by callers. Each cuts off what is under way before it asks Redis, so that nothing old is kept, and again afterwards,
 * since what began in between may have read what was there before.
 */
export class Writes {
	readonly #parts: Parts;

	constructor(parts: Parts) {
		this.#parts = parts;
	}

	async set(key: string, value: unknown, call: Call, schema: Schema | undefined): Promise<void> {
		const payload = this.#encode(key, value);
		// What does not meet the schema is told before anything is sent.
		const held = schema === undefined ? undefined : await this.#parts.packing.present(key, payload, schema);
		return this.#write(key, value, payload, held, call);
	}

	/** Of two values of one key the last. */
	async setMany(keys: readonly string[], values: readonly unknown[], call: Call): Promise<void> {
		const payloads = new Map<string, { readonly value: unknown; readonly payload: Buffer }>();
		let at = 0;
		for await (const chunk of chunksOf(keys, LOT)) {
			for (const key of chunk) {
				const value = values[at];
				at += 1;
				payloads.set(key, { value, payload: this.#encode(key, value) });
			}
		}
		const failed: InvalidationError[] = [];
		for await (const chunk of chunksOf(payloads, LOT)) {
			const writes = chunk.map(([key, { value, payload }]) =>
				this.#write(key, value, payload, undefined, call),
			);
			for (const result of await Promise.allSettled(writes)) {
				if (result.status === "fulfilled") continue;
				if (!(result.reason instanceof InvalidationError)) throw result.reason;
				failed.push(result.reason);
			}
		}
		const [first] = failed;
		if (first === undefined) return;
		const unconfirmed = failed.flatMap(({ names }) => names);
		throw new InvalidationError("set", unconfirmed, first.outcome, first.cause);
	}

	#encode(key: string, value: unknown): Buffer {
		const { packing, options } = this.#parts;
		const payload = packing.encode(key, value);
		const { length } = payload;
		if (length <= options.maxEntryBytes) return payload;
		throw new EncodeError(key, `it has ${length} bytes, and maxEntryBytes is ${options.maxEntryBytes}`);
	}

	/** @param checked what callers get, where a schema made it; otherwise it is made of the payload if memory takes it */
	async #write(
		key: string,
		value: unknown,
		payload: Buffer,
		checked: Held | undefined,
		call: Call,
	): Promise<void> {
		const { packing, clock, inFlight, memory, tags, redis } = this.#parts;
		const times = packing.times(value, call.policy, clock());
		if (times === undefined) return this.delete([key]);
		this.#drop(key);
		const fence = inFlight.enter(key);
		const refs = tags.refsWithNamespace(call.tags);
		try {
			if (redis !== undefined) {
				// As they are before the value is written, so that an invalidation that comes meanwhile meets it.
				const seen = await redis.tokens.ensure(refs, call.tags, longestMs(call.policy));
				const token = seen.namespace?.hard ?? "";
				const bytes = writeEnvelope(times, packing.codecId, token, stampsOf(seen), payload);
				await redis.remote.set(key, bytes, physicalMs(times));
			}
			redis?.queue.settled(key);
		} catch (error) {
			this.#drop(key);
			this.#queue([{ kind: "delete", key }]); // the caller hears of it all the same
			throw failure("set", [key], error);
		} finally {
			fence.leave();
		}
		const mayKeep = !fence.fenced;
		this.#drop(key);
		if (memory !== undefined && mayKeep) {
			const own = refs.slice(1);
			const held = checked ?? packing.hold(payload); // at once: what invalidates it may come in any later turn
			const entry = new Entry(held, times, times.storedAt, own.length > 0 ? own : undefined);
			memory.put(key, entry, clock());
		}
		this.#told("set", [key]);
	}

	async delete(keys: readonly string[]): Promise<void> {
		const { redis } = this.#parts;
		const failed: string[] = [];
		const names = new Set<string>();
		let error: CommandError | undefined;
		for await (const chunk of chunksOf(newTo(names, keys), LOT)) {
			for (const key of chunk) this.#drop(key);
			if (redis === undefined) continue;
			const result = await redis.remote.delete(chunk);
			for (const key of chunk) this.#drop(key);
			failed.push(...result.failed);
			error ??= result.error;
			if (result.error === undefined) for (const key of chunk) redis.queue.settled(key);
		}
		if (error !== undefined) {
			const queued = this.#queue(failed.map((key) => ({ kind: "delete", key })));
			if (!queued) throw failure("delete", failed, error);
			return this.#queued("delete");
		}
		this.#told("delete", names);
	}

	async expire(key: string): Promise<void> {
		const { redis, memory } = this.#parts;
		if (redis === undefined) {
			this.#parts.inFlight.cut(key);
			memory?.expire(key);
			return this.#told("expire", [key]);
		}
		this.#drop(key);
		try {
			await redis.remote.expire(key);
		} catch (error) {
			if (!this.#queue([{ kind: "expire", key }])) throw failure("expire", [key], error);
			return this.#queued("expire");
		} finally {
			this.#drop(key);
		}
		this.#told("expire", [key]);
	}

	async renewTag(name: string, kind: "hard" | "soft"): Promise<void> {
		const { redis, tags, inFlight, clock } = this.#parts;
		const operation = kind === "hard" ? "invalidateTag" : "expireTag";
		const tag = tags.of(name);
		this.#invalidate(tag, kind);
		if (redis !== undefined) {
			const ref = refTo(tag);
			try {
				const token = await redis.remote.renewTag(name, kind);
				// Another process may have been later, and heard of sooner.
				const last = isAsBefore(ref);
				this.#invalidate(tag, kind);
				if (last) tags.learn(refTo(tag), token, clock());
			} catch (error) {
				this.#invalidate(tag, kind);
				if (!this.#queue([{ kind, tag: name }])) throw failure(operation, [name], error);
				return this.#queued(operation);
			}
		}
		inFlight.detachAll();
		this.#told(operation, [name]);
	}

	async clear(): Promise<void> {
		const { redis, tags, clock } = this.#parts;
		this.#dropAll();
		if (redis !== undefined) {
			const ref = refTo(tags.namespace);
			try {
				const token = await redis.remote.renewNamespace();
				const last = isAsBefore(ref);
				this.#dropAll();
				if (last) tags.learn(refTo(tags.namespace), token, clock());
			} catch (error) {
				this.#dropAll();
				if (!this.#queue([{ kind: "clear" }])) throw failure("clear", [], error);
				return this.#queued("clear");
			}
		}
		this.#told("clear", []);
	}

	#invalidate(tag: Tag, kind: "hard" | "soft"): void {
		this.#parts.tags.invalidated(tag, kind);
		this.#parts.inFlight.detachAll();
	}

	#drop(key: string): void {
		this.#parts.inFlight.cut(key);
		this.#parts.memory?.delete(key);
		this.#parts.bells.ring(key);
	}

	#dropAll(): void {
		const { inFlight, memory, tags } = this.#parts;
		inFlight.cutAll();
		memory?.clear();
		tags.invalidated(tags.namespace, "hard");
	}

	/** False: it is not to be queued, or the queue is full. */
	#queue(all: readonly Invalidation[]): boolean {
		const { redis, options } = this.#parts;
		return options.queueInvalidations && redis?.queue.add(all) === true;
	}

	#queued(operation: WriteOperation): void {
		const { redis, events } = this.#parts;
		if (events.wanted) events.emit({ type: "queued", operation, waiting: redis?.queue.size ?? 0 });
	}

	#told(operation: WriteOperation, names: Iterable<string>): void {
		const { events } = this.#parts;
		if (events.wanted) events.emit({ type: "invalidated", operation, names: [...names], remote: false });
	}
}

/** Each of the keys once, which is found out as they are taken: a set of very many at once takes too long for one turn. */
function* newTo(known: Set<string>, keys: readonly string[]): Generator<string, void> {
	for (const key of keys) {
		if (known.has(key)) continue;
		known.add(key);
		yield key;
	}
}

function failure(operation: WriteOperation, names: readonly string[], error: unknown): InvalidationError {
	const outcome: Outcome = error instanceof CommandError ? error.outcome : "unknown";
	return new InvalidationError(operation, names, outcome, error);
}
