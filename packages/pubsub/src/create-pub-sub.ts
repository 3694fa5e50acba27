import { ClosedError, checkPort, publish, type RedisPort, type SubscriptionKind, spublish } from "@rk/client";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { encode } from "./codec.ts";
import { Consumer, type MessageMeta } from "./consumer.ts";
import { Following } from "./durable/following.ts";
import { namesOf } from "./durable/names.ts";
import { checkDurable, type DurableOptions, type DurableSubscribeOptions } from "./durable/options.ts";
import type { DurableMeta } from "./durable/reader.ts";
import { Topic, type TopicHandler } from "./durable/topic.ts";
import { HandlerWatch } from "./handler-watch.ts";
import { MessageIterator } from "./message-iterator.ts";
import { Listening } from "./message-subscription.ts";
import {
	checkDrain,
	checkFunction,
	checkNames,
	checkPublish,
	checkSubscribe,
	checkText,
	type DrainOptions,
	KNOWN,
	type PublishOptions,
	type PubSubOptions,
	type ResolvedOptions,
	resolveOptions,
	type SubscribeOptions,
} from "./options.ts";
import type { PubSub } from "./pub-sub.ts";
import { Reports } from "./reports.ts";
import { Tally } from "./tally.ts";

/**
 * Messages over a port. Nothing is sent and no connection is made before it is used; subscriptions have a connection of their own,
 * which the port shares among all of them and makes again when it is lost.
 *
 * @throws {InvalidArgumentError}
 */
export function createPubSub(redis: RedisPort, options: PubSubOptions = {}): PubSub {
	checkPort("redis", redis);
	return new Messages(redis, resolveOptions(options));
}

type AnySubscribe = SubscribeOptions & { readonly schema?: StandardSchemaV1 };

class Messages implements PubSub {
	readonly #redis: RedisPort;
	readonly #options: ResolvedOptions;
	readonly #reports: Reports;
	readonly #watch: HandlerWatch | undefined;
	/** Whatever is to end with it. */
	readonly #open = new Set<{ unsubscribe(options: DrainOptions): Promise<void> }>();
	#closing: Promise<void> | undefined;

	constructor(redis: RedisPort, options: ResolvedOptions) {
		this.#redis = redis;
		this.#options = options;
		this.#reports = new Reports(options.onError);
		const { handlerTimeoutMs, clock } = options;
		this.#watch = handlerTimeoutMs === null ? undefined : new HandlerWatch(handlerTimeoutMs, clock);
	}

	async publish(channel: string, message: unknown, options: PublishOptions = {}): Promise<number> {
		checkText("channel", channel);
		checkPublish(options);
		const payload = encode(this.#options.codec, channel, message);
		if (options.sharded === true) return this.#redis.command(spublish(channel, payload));
		return this.#redis.command(publish(channel, payload));
	}

	async subscribe(
		channels: string | readonly string[],
		handler: (message: unknown, meta: MessageMeta) => unknown,
		options: AnySubscribe = {},
	): Promise<Listening> {
		checkSubscribe(options, KNOWN.subscribe);
		checkFunction("handler", handler);
		const kind = options.sharded === true ? "shard" : "channel";
		return this.#opened(this.#listen(kind, checkNames("channels", channels), handler, options));
	}

	async psubscribe(
		patterns: string | readonly string[],
		handler: (pattern: string, channel: string, message: unknown) => unknown,
		options: AnySubscribe = {},
	): Promise<Listening> {
		checkSubscribe(options, KNOWN.psubscribe);
		checkFunction("handler", handler);
		const names = checkNames("patterns", patterns);
		const inOrder = (message: unknown, { pattern = "", channel }: MessageMeta): unknown =>
			handler(pattern, channel, message);
		return this.#opened(this.#listen("pattern", names, inOrder, options));
	}

	iterate(
		channels: string | readonly string[],
		options: AnySubscribe = {},
	): AsyncIterable<{ message: unknown } & MessageMeta> {
		const names = checkNames("channels", channels);
		checkSubscribe(options, KNOWN.iterate);
		const kind = options.sharded === true ? "shard" : "channel";
		return {
			[Symbol.asyncIterator]: () =>
				new MessageIterator<unknown>((handler, onEnd) => this.#listen(kind, names, handler, options, onEnd)),
		};
	}

	durable(name: string, options: DurableOptions & { readonly schema?: StandardSchemaV1 } = {}): Topic {
		checkText("name", name);
		const maxLen = checkDurable(options);
		const { codec, prefix } = this.#options;
		const { schema } = options;
		const names = namesOf(prefix, name);
		const redis = this.#redis;
		const follow = (handler: TopicHandler, chosen: DurableSubscribeOptions): Following => {
			this.#requireOpen();
			const [reports, tally] = [this.#reports, new Tally()];
			const { onPoison } = chosen;
			const following: Following = new Following({
				...{ redis, topic: name, prefix, names, maxQueue: this.#options.maxQueue, reports, tally },
				consumer: new Consumer<DurableMeta>({
					...{ codec, schema, handler, onPoison, reports, tally },
					watch: this.#watch,
				}),
				options: chosen,
				onEnd: () => this.#open.delete(following),
			});
			this.#open.add(following);
			return following;
		};
		return new Topic(name, { redis, codec, names, maxLen, schema, follow });
	}

	close(options: DrainOptions = {}): Promise<void> {
		this.#closing ??= this.#close(checkDrain(options));
		return this.#closing;
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.close();
	}

	async #close(drainMs: number): Promise<void> {
		await Promise.all([...this.#open].map((each) => each.unsubscribe({ drainMs })));
		this.#watch?.close();
	}

	#requireOpen(): void {
		if (this.#closing !== undefined) throw new ClosedError("The PubSub was closed");
	}

	async #opened(listening: Listening): Promise<Listening> {
		await listening.open();
		return listening;
	}

	/** `onEnd` is a loop's, which takes its messages when it likes. */
	#listen(
		kind: SubscriptionKind,
		names: readonly string[],
		handler: (message: unknown, meta: MessageMeta) => unknown,
		options: AnySubscribe,
		onEnd?: (error: unknown) => void,
	): Listening {
		this.#requireOpen();
		const { codec, maxQueue, overflow } = this.#options;
		const { schema, onPoison, onGap, concurrency = 1, signal } = options;
		const [redis, reports, tally] = [this.#redis, this.#reports, new Tally()];
		const watch = onEnd === undefined ? this.#watch : undefined;
		const consumer = new Consumer<MessageMeta>({ codec, schema, handler, onPoison, reports, watch, tally });
		const parts = { redis, kind, consumer, reports, tally, concurrency, maxQueue, overflow, onGap };
		const listening: Listening = new Listening(names, parts, signal, (error) => {
			this.#open.delete(listening);
			onEnd?.(error);
		});
		this.#open.add(listening);
		return listening;
	}
}
