// Made by `pnpm check:api --write` from the build. Not published, not compiled: for reviews.

// @rk/pubsub

import { RkError, RedisPort } from '@rk/client';
import { StandardSchemaV1 } from '@standard-schema/spec';

/** How messages become bytes, and bytes messages. Both sides of a channel must have the same. */
interface Codec {
    encode(message: unknown): string | Buffer;
    /** Throws on what it cannot read: the message is then poison. */
    decode(payload: Buffer): unknown;
}

/** Base of the errors of this package. Tell kinds apart by `code`. */
declare abstract class PubSubError extends RkError {
    /** The channel, or the name of the durable topic; of a gap in a pattern's messages, the pattern. */
    readonly channel: string;
    protected constructor(channel: string, message: string, options?: ErrorOptions);
}
/** The codec could not make bytes of the message, or the topic's schema refused it. Nothing was sent. */
declare class EncodeError extends PubSubError {
    readonly name = "EncodeError";
    readonly code = "RK_PUBSUB_ENCODE";
    constructor(channel: string, cause: unknown);
}
/** A message that no handler can be given: the bytes are kept, for they are all there is of it. */
declare abstract class PoisonError extends PubSubError {
    /** The message as it came. */
    readonly payload: Buffer;
    protected constructor(channel: string, payload: Buffer, message: string, options?: ErrorOptions);
}
/** The codec could not read the message. */
declare class DecodeError extends PoisonError {
    readonly name = "DecodeError";
    readonly code = "RK_PUBSUB_DECODE";
    constructor(channel: string, payload: Buffer, cause: unknown);
}
/** The schema refused the message. */
declare class SchemaError extends PoisonError {
    readonly name = "SchemaError";
    readonly code = "RK_PUBSUB_SCHEMA";
    /** What the schema found. */
    readonly issues: readonly StandardSchemaV1.Issue[];
    constructor(channel: string, payload: Buffer, issues: readonly StandardSchemaV1.Issue[]);
}
/** A handler did not end in time. It goes on by itself; the next message is delivered. */
declare class HandlerTimeoutError extends PubSubError {
    readonly name = "HandlerTimeoutError";
    readonly code = "RK_PUBSUB_HANDLER_TIMEOUT";
    readonly timeoutMs: number;
    constructor(channel: string, timeoutMs: number);
}
/** More messages wait than may: from here on they are dropped, or the subscription has ended, as `overflow` says. */
declare class OverflowError extends PubSubError {
    readonly name = "OverflowError";
    readonly code = "RK_PUBSUB_OVERFLOW";
    readonly maxQueue: number;
    constructor(channel: string, maxQueue: number);
}
/** The server did not send to us for some time: nobody knows whether there were messages. */
declare class MessageGapError extends PubSubError {
    readonly name = "MessageGapError";
    readonly code = "RK_PUBSUB_GAP";
    /** When the messages ceased to come, and when they came again: Unix time in milliseconds. */
    readonly lostAt: number;
    readonly resumedAt: number;
    constructor(channel: string, lostAt: number, resumedAt: number);
}
/** Messages of a durable topic were trimmed before this subscriber had them. */
declare class MessageLossError extends PubSubError {
    readonly name = "MessageLossError";
    readonly code = "RK_PUBSUB_LOSS";
    /** How many, exactly; `undefined` where the subscriber began at an id that is no longer kept. */
    readonly count: number | undefined;
    /** The id of the next message that there is. */
    readonly nextId: string;
    constructor(topic: string, count: number | undefined, nextId: string);
}
/** A durable topic was begun anew, or set back, by FLUSHALL or by a failover that lost messages. */
declare class TopicResetError extends PubSubError {
    readonly name = "TopicResetError";
    readonly code = "RK_PUBSUB_RESET";
    /** The last message that this subscriber had before. */
    readonly lastId: string;
    constructor(topic: string, lastId: string);
}

type ErrorListener = (error: unknown, meta: MessageMeta) => void;
/** What goes over the diagnostics channel `rk:pubsub`: each error and each notice, also one that a listener was told of. */
interface PubSubEvent {
    readonly channel: string;
    readonly pattern: string | undefined;
    readonly error: unknown;
}

/** What became of the messages of one subscription. All that came are `received`, `waiting` or `dropped`. */
interface MessageCounts {
    /** Taken up: by the handler, or as poison. */
    readonly received: number;
    /** Come, and not yet taken up. */
    readonly waiting: number;
    /** Never taken up: there was no room, or the subscription ended while they waited. */
    readonly dropped: number;
    /** Of those received: the handler threw, rejected, or did not end in time. */
    readonly failed: number;
    /** Of those received: unreadable, or refused by the schema. */
    readonly poisoned: number;
    /** Times in which messages may have been missed, nobody knows how many. */
    readonly gaps: number;
}

/** What is known of a message beside itself. */
interface MessageMeta {
    /** Where it was published; of a durable topic, the topic's name. */
    readonly channel: string;
    /** The pattern that let it in. */
    readonly pattern: string | undefined;
}

/**
 * What happens to a message for which there is no room. `drop-oldest` and `drop-newest` count it; `error` ends the subscription;
 * `pause` stops the messages at the server before it comes to that.
 */
type Overflow = "drop-oldest" | "drop-newest" | "error" | "pause";

interface PubSubOptions {
    /** How messages become bytes. @default JSON in UTF-8 */
    readonly codec?: Codec;
    /**
     * Is told of everything that went wrong and has no listener of its own: what a handler threw or rejected with, once each; poison, gaps,
     * losses, overflows. @default a process warning (`RK_LISTENER_ERROR`) each
     */
    readonly onError?: ErrorListener;
    /** How many messages may wait for a handler, for each of its channels. @default 1_000 */
    readonly maxQueue?: number;
    /**
     * What happens when more would wait: `drop-oldest` or `drop-newest` of them, counted; `error` ends the subscription once the rest is
     * handled; `pause` unsubscribes until half of the queue is free, so that what is published meanwhile is missed, and told as a gap.
     * @default "drop-oldest"
     */
    readonly overflow?: Overflow;
    /** A handler that takes longer is given up, so that the next message is delivered; `null`: never. In milliseconds. @default 30_000 */
    readonly handlerTimeoutMs?: number | null;
    /** What the keys of durable topics begin with. @default "pubsub" */
    readonly prefix?: string;
    /** Milliseconds that only grow, for `handlerTimeoutMs`. @default performance.now */
    readonly clock?: () => number;
}
interface PublishOptions {
    /** To a shard channel, which only subscriptions with `sharded` hear. @default false */
    readonly sharded?: boolean;
}
interface PatternOptions {
    /** Ends the subscription, also while it is being made. */
    readonly signal?: AbortSignal;
    /** Handlers at a time, for each channel; above 1, messages may overtake each other. @default 1 */
    readonly concurrency?: number;
    /** Is told of each message that cannot be read, or that the schema refuses. @default `onError` is */
    readonly onPoison?: (poison: PoisonError) => void;
    /** Messages may have been missed; called once they come again. @default `onError` is */
    readonly onGap?: (gap: MessageGapError) => void;
}
interface SubscribeOptions extends PatternOptions {
    /** Shard channels: in a cluster, only the nodes of their slots carry them. @default false */
    readonly sharded?: boolean;
}
/** Any schema of the Standard Schema kind (Zod, Valibot, ArkType, …), whose output the handler gets. */
interface WithSchema<T> {
    readonly schema: StandardSchemaV1<unknown, T>;
}
/** What a loop may choose; its messages come one at a time. */
type IterateOptions = Omit<SubscribeOptions, "concurrency">;
interface DrainOptions {
    /** How long what waits may still be handled, in milliseconds. @default 0 */
    readonly drainMs?: number;
}

/** A subscription to one or several channels or patterns. */
interface MessageSubscription extends AsyncDisposable {
    /** The channels or patterns. */
    readonly names: readonly string[];
    /** No more messages come: it was ended, or it overflowed. */
    readonly closed: boolean;
    stats(): MessageCounts;
    /**
     * Ends it: no message comes after this was called. What waits is dropped, unless it is taken up within `drainMs`; a handler
     * that runs is not waited for any longer. Resolves when the server has confirmed it. May be called again.
     */
    unsubscribe(options?: DrainOptions): Promise<void>;
}

interface DurableOptions {
    /**
     * How many messages the topic keeps for those who are away, about, and never fewer; set by whoever publishes. They have no expiry: they are
     * kept until newer ones take their place, or the keys are deleted.
     * @default 10_000
     */
    readonly maxLen?: number;
}
/** A schema for both ends: what it refuses is not published, and not handled. Its input is sent, and its output handled. */
interface WithTopicSchema<I, O> {
    readonly schema: StandardSchemaV1<I, O>;
}
interface DurableSubscribeOptions {
    /**
     * Where to begin: `new`, with what is published from now on; `all`, with the oldest that is kept; or behind the message with this id.
     * With a `name` that was here before, where it left off.
     * @default "new"
     */
    readonly from?: "new" | "all" | (string & {});
    /**
     * Keeps how far it came in Redis, without expiry, under this name: after a restart the subscriber goes on behind the last message that it
     * handled. One subscriber of a name at a time.
     */
    readonly name?: string;
    /** Ends the subscription, also while it is being made. */
    readonly signal?: AbortSignal;
    /** Is told of each message that cannot be read, or that the schema refuses. @default `onError` is */
    readonly onPoison?: (poison: PoisonError) => void;
    /** Messages were trimmed before they could be read; `count` says how many. @default `onError` is */
    readonly onLoss?: (loss: MessageLossError) => void;
    /** The topic was begun anew (FLUSHALL), or set back (a failover that lost messages); all it keeps follows. @default `onError` is */
    readonly onReset?: (reset: TopicResetError) => void;
}

/** What is known of a durable topic's message beside itself. */
interface DurableMeta extends MessageMeta {
    /** Its place in the topic, for `from`. */
    readonly id: string;
}

/** A channel whose messages are kept, so that who was away gets them. Made by {@link PubSub.durable}. */
interface DurableTopic<I, O> {
    readonly name: string;
    /**
     * Keeps the message and announces it, both or neither, in one round trip; resolves to its id. The order of the ids is the order in which
     * every subscriber gets them. Those not awaited keep their order, unless the server forgets its scripts meanwhile or the schema is
     * asynchronous.
     *
     * @throws {EncodeError} before anything is sent: the codec or the schema refused it
     * @throws {CommandError} with the outcome: after `unknown` it may have been published, and to publish it again may double it
     */
    publish(message: I): Promise<string>;
    /**
     * Calls `handler` with each message of the topic once and in order, one at a time, across lost connections, restarts of the server that
     * keep its data, and moves of its slot. Resolves when the server has confirmed it.
     *
     * With a `name`, also across restarts of this program: there a message whose handling was not yet noted comes again. A handler that
     * throws, or takes longer than `handlerTimeoutMs`, is told to `onError`, and its message counts as handled.
     *
     * @throws {InvalidArgumentError} @throws {AbortedError} by the signal, before or while it was made
     * @throws {CommandError} the server refused, or did not answer in time
     */
    subscribe(handler: (message: O, meta: DurableMeta) => unknown, options?: DurableSubscribeOptions): Promise<DurableSubscription>;
}
/** What became of the messages of a durable subscription. */
interface DurableCounts {
    /** Taken up: by the handler, or as poison. */
    readonly received: number;
    /** Announced, and in memory until their turn; what waits in the topic itself is not among them. */
    readonly waiting: number;
    /** Of those received: the handler threw, rejected, or did not end in time. */
    readonly failed: number;
    /** Of those received: unreadable, or refused by the schema. */
    readonly poisoned: number;
    /** Trimmed before they could be read. */
    readonly lost: number;
}
interface DurableSubscription extends Omit<MessageSubscription, "names" | "stats"> {
    readonly topic: string;
    stats(): DurableCounts;
}

/** A message, as a loop gets it. */
interface ReceivedMessage<T> extends MessageMeta {
    readonly message: T;
}

/**
 * Gets a message. Those of one channel come in the order in which the server sent them, each when the handler is done with the one before
 * (`concurrency`: with as many). What it throws or rejects with goes to `onError`, and the next message comes.
 */
type MessageHandler<T> = (message: T, meta: MessageMeta) => unknown;
/** The same for patterns. */
type PatternHandler<T> = (pattern: string, channel: string, message: T) => unknown;
/** Made by `createPubSub`. */
interface PubSub extends AsyncDisposable {
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
    subscribe<T>(channels: string | readonly string[], handler: MessageHandler<T>, options: SubscribeOptions & WithSchema<T>): Promise<MessageSubscription>;
    subscribe(channels: string | readonly string[], handler: MessageHandler<unknown>, options?: SubscribeOptions): Promise<MessageSubscription>;
    /** The same for glob-style patterns. The queue of `maxQueue` messages is each channel's, not the pattern's. */
    psubscribe<T>(patterns: string | readonly string[], handler: PatternHandler<T>, options: PatternOptions & WithSchema<T>): Promise<MessageSubscription>;
    psubscribe(patterns: string | readonly string[], handler: PatternHandler<unknown>, options?: PatternOptions): Promise<MessageSubscription>;
    /**
     * The messages as a loop: `for await (const { message, channel } of messages.iterate("news"))`. It subscribes when the loop begins and
     * ends with it. When `signal` aborts the loop ends, without an error unless it had not yet begun; what waits is dropped.
     *
     * @throws {OverflowError} from the loop, where `overflow` is `error`, after what had come before
     */
    iterate<T>(channels: string | readonly string[], options: IterateOptions & WithSchema<T>): AsyncIterable<ReceivedMessage<T>>;
    iterate(channels: string | readonly string[], options?: IterateOptions): AsyncIterable<ReceivedMessage<unknown>>;
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

/**
 * Messages over a port. Nothing is sent and no connection is made before it is used; subscriptions have a connection of their own,
 * which the port shares among all of them and makes again when it is lost.
 *
 * @throws {InvalidArgumentError}
 */
declare function createPubSub(redis: RedisPort, options?: PubSubOptions): PubSub;

export { DecodeError, EncodeError, HandlerTimeoutError, MessageGapError, MessageLossError, OverflowError, PoisonError, PubSubError, SchemaError, TopicResetError, createPubSub };
export type { Codec, DrainOptions, DurableCounts, DurableMeta, DurableOptions, DurableSubscribeOptions, DurableSubscription, DurableTopic, ErrorListener, IterateOptions, MessageCounts, MessageHandler, MessageMeta, MessageSubscription, Overflow, PatternHandler, PatternOptions, PubSub, PubSubEvent, PubSubOptions, PublishOptions, ReceivedMessage, SubscribeOptions, WithSchema, WithTopicSchema };
