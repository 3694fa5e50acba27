import { onAbort } from "./abort-audience.ts";
import { pause } from "./backoff.ts";
import { callBack } from "./call-back.ts";
import { checkFunction, checkTexts } from "./check.ts";
import type { DeadlineWheel } from "./deadline-wheel.ts";
import type { Driver } from "./driver.ts";
import { CrossSlotError, InvalidArgumentError } from "./errors.ts";
import { checkCallOptions, endedBefore, Patience, type Waiting } from "./patience.ts";
import type { SubscribeRequest, Subscription, SubscriptionKind } from "./port.ts";
import { slotOf } from "./slot.ts";
import { type LaneOwner, type Topic, TopicLane } from "./topic-lane.ts";

/** How long the cluster may take to say where shard channels live now. */
const REFRESH_MS = 2000;

interface Listener {
	readonly request: SubscribeRequest;
	/** Topics of it whose messages do not come at present, and since when (Unix ms). */
	readonly lost: Map<string, number>;
}

/** A topic with those who listen to it. */
interface Audience extends Topic {
	readonly listeners: Set<Listener>;
	lane: TopicLane;
}

/** All subscriptions of a port, on connections of their own: one for channels and patterns, one for each node with shards. */
export class Subscriptions {
	readonly #driver: Driver;
	readonly #wheel: DeadlineWheel;
	readonly #beginning: Waiting;
	readonly #connectTimeoutMs: number;
	readonly #audiences = new Map<string, Audience>();
	readonly #lanes = new Map<string, TopicLane>();
	readonly #ends = new Set<() => Promise<void>>();
	#closed = false;

	constructor(driver: Driver, wheel: DeadlineWheel, beginning: Waiting, connectTimeoutMs: number) {
		this.#driver = driver;
		this.#wheel = wheel;
		this.#beginning = beginning;
		this.#connectTimeoutMs = connectTimeoutMs;
	}

	async subscribe(request: SubscribeRequest, timeoutMs: number | undefined): Promise<Subscription> {
		const { kind = "channel", signal } = request;
		checkRequest(kind, request);
		const names = [...new Set(request.names)];
		if (kind === "shard") this.#requireOneSlot(names);
		const before = endedBefore(this.#closed, signal);
		if (before !== undefined) throw before;
		const listener: Listener = { request, lost: new Map() };
		let ended: Promise<void> | undefined;
		let offSignal: (() => void) | undefined;
		const end = (): Promise<void> => {
			this.#ends.delete(end);
			offSignal?.();
			ended ??= this.#leave(kind, names, listener);
			return ended;
		};
		this.#ends.add(end);
		try {
			await this.#join(kind, names, listener, timeoutMs);
		} catch (error) {
			await end();
			throw error;
		}
		if (signal !== undefined) offSignal = onAbort(signal, () => void end());
		if (signal?.aborted) void end();
		return {
			close: end,
			[Symbol.asyncDispose]: end,
			get closed() {
				return ended !== undefined;
			},
		};
	}

	/** Ends all there are, and takes no more. Resolves when the server no longer sends to them. */
	async end(): Promise<void> {
		this.#closed = true;
		await Promise.all([...this.#ends].map((end) => end()));
	}

	/** Gives up the connections, whether or not the server has confirmed the end. */
	close(): void {
		for (const lane of this.#lanes.values()) lane.close();
	}

	#requireOneSlot(names: readonly string[]): void {
		const [first, ...rest] = names;
		if (first === undefined || this.#driver.cluster === undefined) return;
		const other = rest.find((name) => slotOf(name) !== slotOf(first));
		if (other !== undefined) throw new CrossSlotError(first, other, { command: "SSUBSCRIBE" });
	}

	/** Resolves when the server has confirmed every name. */
	#join(
		kind: SubscriptionKind,
		names: readonly string[],
		listener: Listener,
		timeoutMs: number | undefined,
	): Promise<void> {
		return new Promise((resolve, reject) => {
			const pending = new Map<string, Audience>();
			const patience = new Patience(
				this.#wheel,
				this.#beginning,
				timeoutMs,
				listener.request.signal,
				(error) => reject(error("unknown")),
			);
			for (const name of names) {
				const audience = this.#audience(kind, name);
				audience.listeners.add(listener);
				if (audience.lane.has(audience.id)) continue;
				pending.set(audience.id, audience);
				audience.waiters.set(listener, {
					confirmed: () => {
						pending.delete(audience.id);
						if (pending.size > 0) return;
						patience.finish();
						resolve();
					},
					refused: (error) => {
						patience.finish();
						void this.#leave(kind, names, listener);
						reject(error);
					},
				});
			}
			if (pending.size === 0) {
				patience.finish();
				resolve();
			}
			for (const audience of pending.values()) audience.lane.want(audience);
		});
	}

	async #leave(kind: SubscriptionKind, names: readonly string[], listener: Listener): Promise<void> {
		const going: Array<Promise<void>> = [];
		for (const name of names) {
			const id = topicId(kind, name);
			const audience = this.#audiences.get(id);
			audience?.waiters.delete(listener);
			if (!audience?.listeners.delete(listener) || audience.listeners.size > 0) continue;
			this.#audiences.delete(id);
			going.push(audience.lane.release(id));
		}
		await Promise.all(going);
	}

	#audience(kind: SubscriptionKind, name: string): Audience {
		const id = topicId(kind, name);
		const known = this.#audiences.get(id);
		if (known !== undefined) return known;
		const audience: Audience = {
			id,
			kind,
			name,
			waiters: new Map(),
			redirections: 0,
			listeners: new Set(),
			lane: this.#laneFor(kind, name),
		};
		this.#audiences.set(id, audience);
		return audience;
	}

	/** Shard channels of a cluster live on the node of their slot, all else on any. */
	#laneFor(kind: SubscriptionKind, name: string): TopicLane {
		const { cluster } = this.#driver;
		const node = kind === "shard" ? cluster?.masterOf(slotOf(name)) : undefined;
		const key = node ?? "";
		const known = this.#lanes.get(key);
		if (known !== undefined) return known;
		const lane = new TopicLane(this.#ownerOf(node));
		this.#lanes.set(key, lane);
		return lane;
	}

	#ownerOf(node: string | undefined): LaneOwner {
		return {
			open: async () =>
				this.#driver.open({
					node: node ?? (await this.#anyNode()),
					protocol: "as-configured",
					readOnly: false,
					timeoutMs: this.#connectTimeoutMs,
				}),
			fault: (error) => this.#driver.fault(error),
			onMessage: (kind, payload, channel, pattern) => this.#deliver(kind, payload, channel, pattern),
			confirmed: (topic) => this.#resumed(topic.id),
			lost: (ids) => this.#lost(ids),
			relocate: (lane) => this.#relocate(lane),
		};
	}

	async #anyNode(): Promise<string | undefined> {
		const { cluster } = this.#driver;
		if (cluster?.masters().length === 0) await cluster.refresh(-1); // it may not be connected yet
		const nodes = cluster?.masters() ?? [];
		return nodes[Math.floor(Math.random() * nodes.length)];
	}

	#deliver(kind: SubscriptionKind, payload: unknown, channel: string, pattern: string | undefined): void {
		if (!Buffer.isBuffer(payload)) return;
		const audience = this.#audiences.get(topicId(kind, pattern ?? channel));
		if (audience === undefined) return;
		for (const { request } of audience.listeners) {
			callBack(() => request.onMessage(payload, channel, pattern));
		}
	}

	#lost(ids: readonly string[]): void {
		const now = Date.now();
		for (const id of ids) {
			for (const { lost, request } of this.#audiences.get(id)?.listeners ?? []) {
				const { size } = lost;
				lost.set(id, lost.get(id) ?? now);
				if (size === 0) callBack(() => request.onLost?.());
			}
		}
	}

	/** Takes shard channels to the nodes that own their slots now. */
	async #relocate(lane: TopicLane): Promise<void> {
		const { cluster } = this.#driver;
		const shards = (): Topic[] => [...lane.topics].filter(({ kind }) => kind === "shard");
		const [first] = shards();
		if (cluster === undefined || first === undefined) return;
		// Where no node answers, the lane comes back to this.
		await Promise.race([cluster.refresh(slotOf(first.name)), pause(REFRESH_MS)]).catch(() => {});
		for (const { id, kind, name } of shards()) {
			const audience = this.#audiences.get(id);
			const to = this.#laneFor(kind, name);
			if (audience === undefined || to === lane) continue;
			if (lane.has(id)) this.#lost([id]);
			audience.lane = to;
			void lane.release(id);
			to.want(audience);
		}
	}

	#resumed(id: string): void {
		const now = Date.now();
		for (const listener of this.#audiences.get(id)?.listeners ?? []) {
			const { lost, request } = listener;
			const lostAt = lost.get(id);
			if (lostAt === undefined) continue;
			lost.delete(id);
			// The other names of the request that have come back with it: the gap is one.
			for (const other of lost.keys()) if (this.#audiences.get(other)?.lane.has(other)) lost.delete(other);
			callBack(() => request.onGap?.({ lostAt, resumedAt: now }));
		}
	}
}

const REQUEST: readonly string[] = [
	"kind",
	"names",
	"onMessage",
	"onLost",
	"onGap",
	"timeoutMs",
	"signal",
] satisfies (keyof SubscribeRequest)[];
const KINDS: readonly string[] = ["channel", "pattern", "shard"] satisfies SubscriptionKind[];

/** @throws {InvalidArgumentError} before there is a connection */
function checkRequest(kind: string, request: SubscribeRequest): void {
	checkCallOptions(request, REQUEST);
	if (!KINDS.includes(kind)) throw new InvalidArgumentError("kind", kind, `one of ${KINDS.join(", ")}`);
	checkTexts("names", request.names);
	checkFunction("onMessage", request.onMessage);
	if (request.onLost !== undefined) checkFunction("onLost", request.onLost);
	if (request.onGap !== undefined) checkFunction("onGap", request.onGap);
}

function topicId(kind: SubscriptionKind, name: string): string {
	return `${kind} ${name}`;
}
