import { backoffMs, pause } from "./backoff.ts";
import type { OwnLink } from "./driver.ts";
import { type CommandError, ServerError } from "./errors.ts";
import { keepAlive } from "./keep-alive.ts";
import type { SubscriptionKind } from "./port.ts";

/** A connection that nobody needs stays this long, for the next subscription. */
const LINGER_MS = 2_000;
/** A topic that was permitted once and now is refused is asked for again after this time. */
const REFUSED_MS = 2_000;

/** A channel, pattern or shard channel that somebody listens to. */
export interface Topic {
	readonly id: string;
	readonly kind: SubscriptionKind;
	readonly name: string;
	/** Called once when the server has confirmed it, or refuses it; not again after a reconnection. */
	readonly waiters: Set<TopicWaiter>;
}

interface TopicWaiter {
	confirmed(): void;
	refused(error: CommandError): void;
}

export interface LaneOwner {
	/** What is to be subscribed on this lane now, by id. */
	wanted(lane: TopicLane): ReadonlyMap<string, Topic>;
	open(): Promise<OwnLink>;
	fault(error: unknown): CommandError;
	onMessage(kind: SubscriptionKind, payload: unknown, channel: string, pattern: string | undefined): void;
	/** The server confirmed the topic. */
	confirmed(topic: Topic): void;
	/** These are no longer subscribed. */
	lost(topicIds: readonly string[]): void;
	/** This lane's node may not be the right one any more: gives other lanes what belongs to them. Never rejects. */
	relocate(lane: TopicLane): Promise<void>;
}

/**
 * One connection for messages, opened when it is needed and again when it is lost. It is told that something changed, and
 * makes the server agree with what is wanted, one step at a time, so that no interleaving of calls can leave it otherwise.
 */
export class TopicLane {
	readonly #owner: LaneOwner;
	readonly #active = new Map<string, Topic>();
	readonly #leaving = new Map<string, Set<() => void>>();
	#link: OwnLink | undefined;
	#running = false;
	/** Something changed since the last step looked. */
	#stale = false;
	#closed = false;
	#stopKeepAlive: (() => void) | undefined;
	#linger: NodeJS.Timeout | undefined;
	/** Left out until their time comes, so that the other topics keep the connection. */
	readonly #refused = new Set<string>();
	#retry: NodeJS.Timeout | undefined;

	constructor(owner: LaneOwner) {
		this.#owner = owner;
	}

	/** The server has confirmed it, and it is not about to end. */
	has(topicId: string): boolean {
		return this.#active.has(topicId) && !this.#leaving.has(topicId);
	}

	/** What is wanted changed. */
	changed(): void {
		this.#stale = true;
		if (!this.#running && !this.#closed) void this.#agree();
	}

	/** Resolves when the server no longer sends it. */
	gone(topicId: string): Promise<void> {
		if (!this.#active.has(topicId) || this.#closed) return Promise.resolve();
		return new Promise((resolve) => {
			const waiting = this.#leaving.get(topicId);
			if (waiting === undefined) this.#leaving.set(topicId, new Set([resolve]));
			else waiting.add(resolve);
			this.changed();
		});
	}

	close(): void {
		this.#closed = true;
		clearTimeout(this.#linger);
		clearTimeout(this.#retry);
		this.#link?.destroy();
		this.#dropped();
	}

	async #agree(): Promise<void> {
		this.#running = true;
		for (let failures = 0; !this.#closed; ) {
			this.#stale = false;
			try {
				if (!(await this.#step()) && !this.#stale) break;
				failures = 0;
			} catch {
				this.#link?.destroy();
				this.#dropped();
				await this.#owner.relocate(this);
				await pause(backoffMs(failures, 25, 2000));
				failures += 1;
			}
		}
		this.#running = false;
	}

	/** Brings the server one step nearer to what is wanted; false when it is there. */
	async #step(): Promise<boolean> {
		const wanted = this.#owner.wanted(this);
		const missing = [...wanted.values()].filter(
			({ id, waiters }) => !this.#active.has(id) && (waiters.size > 0 || !this.#refused.has(id)),
		);
		const surplus = [...this.#active.values()].filter(({ id }) => this.#leaving.has(id) || !wanted.has(id));
		clearTimeout(this.#linger);
		if (surplus.length > 0) {
			await this.#unsubscribe(surplus);
			return true;
		}
		if (missing.length > 0) {
			await this.#subscribe(await this.#connected(), missing);
			return true;
		}
		if (wanted.size === 0 && this.#link !== undefined) {
			this.#linger = setTimeout(() => this.#link?.destroy(), LINGER_MS);
			this.#linger.unref();
		}
		return false;
	}

	async #subscribe(link: OwnLink, topics: readonly Topic[]): Promise<void> {
		const [{ kind } = { kind: "channel" as const }] = topics;
		const same = topics.filter((topic) => topic.kind === kind);
		try {
			await link.subscribe(
				kind,
				same.map(({ name }) => name),
			);
		} catch (error) {
			const fault = this.#owner.fault(error);
			if (!(fault instanceof ServerError)) throw fault;
			if (fault.code === "MOVED") {
				await this.#owner.relocate(this);
				await pause(backoffMs(0, 50, 50)); // the nodes may not agree yet
				return;
			}
			// One name that is not permitted refuses the whole command: find out which.
			if (same.length > 1) {
				for (const topic of same) await this.#subscribe(link, [topic]);
				return;
			}
			for (const topic of same) this.#refuse(topic, fault);
			return;
		}
		if (link !== this.#link) return; // lost meanwhile; the next round sees it
		for (const topic of same) this.#active.set(topic.id, topic);
		// Who asked may have left meanwhile, and somebody else have come for the same.
		const wanted = this.#owner.wanted(this);
		for (const { id } of same) {
			const topic = wanted.get(id);
			if (topic === undefined) continue;
			this.#owner.confirmed(topic);
			for (const waiter of topic.waiters) waiter.confirmed();
			topic.waiters.clear();
		}
	}

	/** Who listens to it since before may hear it once more: it is asked for again, later. */
	#refuse({ id, waiters }: Topic, fault: CommandError): void {
		const asking = [...waiters];
		waiters.clear();
		for (const waiter of asking) waiter.refused(fault);
		if (asking.length === 0 && fault.code !== "NOPERM") throw fault;
		this.#refused.add(id);
		this.#retry ??= setTimeout(() => {
			this.#retry = undefined;
			this.#refused.clear();
			this.changed();
		}, REFUSED_MS);
		this.#retry.unref();
	}

	async #unsubscribe(topics: readonly Topic[]): Promise<void> {
		const [first] = topics;
		if (first === undefined || this.#link === undefined) return;
		const same = topics.filter(({ kind }) => kind === first.kind);
		for (const { id } of same) if (!this.#leaving.has(id)) this.#leaving.set(id, new Set());
		await this.#link.unsubscribe(
			first.kind,
			same.map(({ name }) => name),
		);
		for (const { id } of same) this.#left(id);
	}

	#left(topicId: string): void {
		this.#active.delete(topicId);
		const waiting = this.#leaving.get(topicId);
		this.#leaving.delete(topicId);
		for (const resolve of waiting ?? []) resolve();
	}

	async #connected(): Promise<OwnLink> {
		if (this.#link !== undefined) return this.#link;
		const link = await this.#owner.open();
		if (this.#closed) {
			link.destroy();
			return link;
		}
		this.#link = link;
		link.onMessage((kind, payload, channel, pattern) =>
			this.#owner.onMessage(kind, payload, channel, pattern),
		);
		link.onShardMoved(() => link.destroy());
		link.onState((state) => {
			if (state !== "closed" || this.#link !== link) return;
			this.#dropped();
			this.changed();
		});
		this.#stopKeepAlive = keepAlive(link);
		return link;
	}

	#dropped(): void {
		this.#stopKeepAlive?.();
		this.#link = undefined;
		const ids = [...this.#active.keys()];
		for (const id of ids) this.#left(id);
		if (!this.#closed && ids.length > 0) this.#owner.lost(ids);
	}
}
