import type { RedisPort } from "@rk/client";
import type { Alarm, Alarms } from "./alarms.ts";
import type { Events } from "./events.ts";
import type { Names } from "./names.ts";
import { Queue } from "./queue.ts";
import { WakeUp } from "./wake-up.ts";

/**
 * A subscription outlives its last waiter by so many of the longest pauses, `LONGEST_LINGER_MS` at most: a lock that is contended
 * once is so again.
 */
const LINGER_PAUSES = 5;
const LONGEST_LINGER_MS = 5_000;

interface Place {
	readonly queue: Queue;
	/** Set while nobody waits. */
	leaving: Alarm | undefined;
}

/** The queues of one factory. */
export class WaitingRoom {
	readonly #redis: RedisPort;
	readonly #alarms: Alarms;
	readonly #events: Events;
	readonly #random: () => number;
	readonly #wait: "pubsub" | "poll";
	readonly #lingerMs: number;
	readonly #places = new Map<string, Place>();

	constructor(
		redis: RedisPort,
		alarms: Alarms,
		events: Events,
		options: {
			readonly wait: "pubsub" | "poll";
			readonly random: () => number;
			readonly maxRetryMs: number;
		},
	) {
		this.#redis = redis;
		this.#alarms = alarms;
		this.#events = events;
		this.#random = options.random;
		this.#wait = options.wait;
		this.#lingerMs = Math.min(LONGEST_LINGER_MS, LINGER_PAUSES * options.maxRetryMs);
	}

	/** The queue of this lock, if there is one, with nobody in it perhaps. */
	find(names: Names): Queue | undefined {
		return this.#places.get(names.lock)?.queue;
	}

	/** Runs `work` with the queue of this lock, which stays as long as somebody works with it. */
	async within<T>(names: Names, work: (queue: Queue) => Promise<T>): Promise<T> {
		const place = this.#places.get(names.lock) ?? { queue: this.#queueFor(names), leaving: undefined };
		this.#places.set(names.lock, place);
		if (place.leaving !== undefined) this.#alarms.delete(place.leaving);
		place.leaving = undefined;
		try {
			return await work(place.queue);
		} finally {
			if (place.queue.empty) this.#leave(names, place);
		}
	}

	/** After a reconnect or failover any lock may be free. */
	tell(): void {
		for (const { queue } of this.#places.values()) queue.tell();
	}

	close(): void {
		for (const { queue, leaving } of this.#places.values()) {
			queue.end();
			queue.wakeUp?.close();
			if (leaving !== undefined) this.#alarms.delete(leaving);
		}
		this.#places.clear();
	}

	#queueFor(names: Names): Queue {
		if (this.#wait === "poll") return new Queue(undefined);
		const failed = (error: unknown): void =>
			this.#events.emit({ type: "subscriber-down", key: names.key, error });
		return new Queue((queue) => {
			const [tell, taken] = [() => queue.tell(), (ttlMs: number) => queue.taken(ttlMs)];
			return new WakeUp(this.#redis, names.channel, this.#random, tell, taken, failed);
		});
	}

	#leave(names: Names, place: Place): void {
		if (this.#places.get(names.lock) !== place || place.leaving !== undefined) return;
		if (place.queue.wakeUp === undefined) {
			this.#places.delete(names.lock);
			return;
		}
		place.leaving = this.#alarms.add(this.#lingerMs, () => {
			this.#places.delete(names.lock);
			place.queue.wakeUp?.close();
		});
	}
}
