import type { MessageMeta } from "./consumer.ts";
import type { DurableTopic } from "./durable/durable-topic.ts";
import type { DurableOptions, WithTopicSchema } from "./durable/options.ts";
import type { ReceivedMessage } from "./message-iterator.ts";
import type { MessageSubscription } from "./message-subscription.ts";
import type {
	DrainOptions,
	IterateOptions,
	PatternOptions,
	PublishOptions,
	SubscribeOptions,
	WithSchema,
} from "./options.ts";

/**
 * Gets a message. Those of one channel come in the order in which the server sent them, each when the handler is done with the one before
 * (`concurrency`: with as many). What it throws or rejects with goes to `onError`, and the next message comes.
 */
export type MessageHandler<T> = (message: T, meta: MessageMeta) => unknown;

/** The same for patterns. */
export type PatternHandler<T> = (pattern: string, channel: string, message: T) => unknown;

/** Made by `createPubSub`. */
export interface PubSub extends AsyncDisposable {
	/**
	 * Sends a message to all who listen now, and resolves to how many subscribed connections got it, each program counting once for a channel
	 * and once for each pattern. In a cluster that is the count of one node, and others may have got it elsewhere. The messages that one
	 * program publishes on one channel arrive in order.
	 *
	 * @throws {EncodeError} before anything is sent
	 * @throws {CommandError} with the outcome: after `unknown` the message may have been sent
	 */
	publish(channel: string, message: unknown, options?: PublishOptions): Promise<number>;

	/**
	 * Calls `handler` with each message of these channels. Resolves when the server has confirmed all of them: a message published after that
	 * is not missed. If one is refused the others are undone, and it rejects.
	 *
	 * A channel and a pattern that matches it are two subscriptions: each gets the message.
	 *
	 * @throws {InvalidArgumentError} @throws {AbortedError} by the signal, before or while it was made
	 * @throws {CommandError} the server refused, or did not answer in time
	 */
	subscribe<T>(
		channels: string | readonly string[],
		handler: MessageHandler<T>,
		options: SubscribeOptions & WithSchema<T>,
	): Promise<MessageSubscription>;
	subscribe(
		channels: string | readonly string[],
		handler: MessageHandler<unknown>,
		options?: SubscribeOptions,
	): Promise<MessageSubscription>;

	/** The same for glob-style patterns. The queue of `maxQueue` messages is each channel's, not the pattern's. */
	psubscribe<T>(
		patterns: string | readonly string[],
		handler: PatternHandler<T>,
		options: PatternOptions & WithSchema<T>,
	): Promise<MessageSubscription>;
	psubscribe(
		patterns: string | readonly string[],
		handler: PatternHandler<unknown>,
		options?: PatternOptions,
	): Promise<MessageSubscription>;

	/**
	 * The messages as a loop: `for await (const { message, channel } of messages.iterate("news"))`. It subscribes when the loop begins and
	 * ends with it. When `signal` aborts the loop ends, without an error unless it had not yet begun; what waits is dropped.
	 *
	 * @throws {OverflowError} from the loop, where `overflow` is `error`, after what had come before
	 */
	iterate<T>(
		channels: string | readonly string[],
		options: IterateOptions & WithSchema<T>,
	): AsyncIterable<ReceivedMessage<T>>;
	iterate(
		channels: string | readonly string[],
		options?: IterateOptions,
	): AsyncIterable<ReceivedMessage<unknown>>;

	/**
	 * A topic whose messages are kept in a stream as well as announced, so that no subscriber misses one: not for a lost connection, not
	 * while it is slow, not while it is away. Nothing is sent until it is used.
	 *
	 * @throws {InvalidArgumentError}
	 */
	durable<I, O>(name: string, options: DurableOptions & WithTopicSchema<I, O>): DurableTopic<I, O>;
	durable(name: string, options?: DurableOptions): DurableTopic<unknown, unknown>;

	/** Ends all subscriptions, as {@link MessageSubscription.unsubscribe} does. The port stays open. */
	close(options?: DrainOptions): Promise<void>;
}
