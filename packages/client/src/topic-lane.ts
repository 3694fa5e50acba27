import { backoffMs, pause } from "./backoff.ts";
import type { OwnLink } from "./driver.ts";
import { type CommandError, ServerError } from "./errors.ts";
import { keepAlive } from "./keep-alive.ts";
import type { SubscriptionKind } from "./port.ts";
import { MAX_REDIRECTIONS } from "./routes.ts";

/** A connection that nobody needs stays this long, for the next subscription. */
const LINGER_MS = 2_000;
/** A topic that was permitted once and now is refused is asked for again after this time. */
const REFUSED_MS = 2_000;
/** What a cluster says when a shard channel is to be asked for elsewhere, or later. */
const REDIRECTIONS: ReadonlySet<string> = new Set(["MOVED", "ASK", "TRYAGAIN", "CLUSTERDOWN"]);

/** A channel, pattern or shard channel that somebody listens to. */
export interface Topic {
	readonly id: string;
	readonly kind: SubscriptionKind;
	readonly name: string;
	/** By whoever waits; called once when the server has confirmed it, or refuses it; not again after a reconnection. */
	readonly waiters: Map<object, TopicWaiter>;
	/** How often in a row the cluster said that it is to be asked for elsewhere, or later. */
	redirections: number;
}

interface TopicWaiter {
	confirmed(): void;
	refused(error: CommandError): void;
}

export interface LaneOwner {
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
 * One connection for messages, opened when it is needed and again when it is lost. It is told what is wanted and what no
 * longer is, and makes the server agree, one step at a time, so that no interleaving of calls can leave it otherwise.
 */
export class TopicLane {
	readonly #owner: LaneOwner;
	readonly #wanted = new Map<string, Topic>();
	/** What the server has confirmed. */
	readonly #active = new Map<string, Topic>();
	readonly #leaving = new Map<string, Set<() => void>>();
	/** Topics on which the server may not agree: a step looks at these and no others, however many there are. */
	readonly #changed = new Set<string>();
	#link: OwnLink | undefined;
	#running = false;
	#closed = false;
	#stopKeepAlive: (() => void) | undefined;
	#linger: NodeJS.Timeout | undefined;
	/** Left out until their time comes, so that the other topics keep the connection. */
	readonly #refused = new Set<string>();
	#retry: NodeJS.Timeout | undefined;

	constructor(owner: LaneOwner) {
		this.#owner = owner;
	}

	/** What is wanted of it. */
	get topics(): Iterable<Topic> {
		return this.#wanted.values();
	}

	/** The server has confirmed it, and it is not about to end. */
	has(topicId: string): boolean {
		return this.#active.has(topicId) && !this.#leaving.has(topicId);
	}

	/** Somebody listens to it, or one more does. */
	want(topic: Topic): void {
		this.#wanted.set(topic.id, topic);
		this.#change(topic.id);
	}

	/** Nobody listens to it any more, not here. Resolves when the server no longer sends it. */
	release(topicId: string): Promise<void> {
		this.#wanted.delete(topicId);
		if (!this.#active.has(topicId) || this.#closed) {
			this.#change(topicId);
			return Promise.resolve();
		}
		return new Promise((resolve) => {
			const waiting = this.#leaving.get(topicId);
			if (waiting === undefined) this.#leaving.set(topicId, new Set([resolve]));
			else waiting.add(resolve);
			this.#change(topicId);
		});
	}

	close(): void {
		this.#closed = true;
		clearTimeout(this.#linger);
		clearTimeout(this.#retry);
		this.#link?.destroy();
		this.#dropped();
	}

	#change(topicId: string): void {
		this.#changed.add(topicId);
		if (!this.#running && !this.#closed) void this.#agree();
	}

	async #agree(): Promise<void> {
		this.#running = true;
		for (let failures = 0; !this.#closed; ) {
			try {
				if (!(await this.#step()) && this.#changed.size === 0) break;
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
		const missing: Topic[] = [];
		const surplus: Topic[] = [];
		for (const id of this.#changed) {
			const active = this.#active.get(id);
			const wanted = this.#wanted.get(id);
			if (active !== undefined && (wanted === undefined || this.#leaving.has(id))) surplus.push(active);
			else if (active === undefined && wanted !== undefined && this.#mayAsk(wanted)) missing.push(wanted);
			else this.#changed.delete(id);
		}
		clearTimeout(this.#linger);
		if (surplus.length > 0) {
			await this.#unsubscribe(surplus);
			return true;
		}
		if (missing.length > 0) {
			await this.#subscribe(await this.#connected(), missing);
			return true;
		}
		if (this.#wanted.size === 0 && this.#link !== undefined) {
			this.#linger = setTimeout(() => this.#link?.destroy(), LINGER_MS);
			this.#linger.unref();
		}
		return false;
	}

	#mayAsk({ id, waiters }: Topic): boolean {
		return waiters.size > 0 || !this.#refused.has(id);
	}

	async #subscribe(link: OwnLink, topics: readonly Topic[]): Promise<void> {
		// Each by itself, so that each has its own answer: one may be refused, or live elsewhere.
		const replies = await Promise.allSettled(topics.map(({ kind, name }) => link.subscribe(kind, [name])));
		const confirmed: string[] = [];
		const faults: CommandError[] = [];
		let redirections = 0;
		for (const [i, topic] of topics.entries()) {
			const reply = replies[i];
			if (reply?.status === "fulfilled") {
				if (link !== this.#link) continue; // lost meanwhile; the next step sees it
				this.#active.set(topic.id, topic);
				confirmed.push(topic.id);
				continue;
			}
			const fault = this.#owner.fault(reply?.reason);
			if (this.#mayBeElsewhere(topic, fault)) {
				topic.redirections += 1;
				redirections = Math.max(redirections, topic.redirections);
			} else if (!(fault instanceof ServerError) || !this.#refuse(topic, fault)) {
				faults.push(fault);
			}
		}
		for (const id of confirmed) this.#confirm(id);
		const [fault] = faults;
		if (fault !== undefined) throw fault;
		if (redirections === 0) return;
		await this.#owner.relocate(this);
		await pause(backoffMs(redirections, 10, 500)); // the nodes may not agree yet
	}

	/** As with other commands, though who listens since before goes on to be asked for. */
	#mayBeElsewhere({ redirections, waiters }: Topic, fault: CommandError): boolean {
		if (!(fault instanceof ServerError) || !REDIRECTIONS.has(fault.code)) return false;
		return redirections < MAX_REDIRECTIONS || waiters.size === 0;
	}

	/** Who asked may have left meanwhile, and somebody else have come for the same. */
	#confirm(topicId: string): void {
		const topic = this.#wanted.get(topicId);
		if (topic === undefined) return;
		topic.redirections = 0;
		this.#owner.confirmed(topic);
		for (const waiter of topic.waiters.values()) waiter.confirmed();
		topic.waiters.clear();
	}

	/**
	 * Who listens to it since before may hear it once more: it is asked for again, later. False when that may be soon, on
	 * another connection.
	 */
	#refuse({ id, waiters }: Topic, fault: CommandError): boolean {
		const asking = [...waiters.values()];
		waiters.clear();
		for (const waiter of asking) waiter.refused(fault);
		if (asking.length === 0 && fault.code !== "NOPERM") return false;
		this.#refused.add(id);
		this.#retry ??= setTimeout(() => {
			this.#retry = undefined;
			const again = [...this.#refused];
			this.#refused.clear();
			for (const topicId of again) this.#change(topicId);
		}, REFUSED_MS);
		this.#retry.unref();
		return true;
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
		this.#changed.add(topicId);
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
			if (!this.#running && !this.#closed) void this.#agree();
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
