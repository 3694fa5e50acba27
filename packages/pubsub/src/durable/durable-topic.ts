import type { MessageSubscription } from "../message-subscription.ts";
import type { DurableSubscribeOptions } from "./options.ts";
import type { DurableMeta } from "./reader.ts";

/** A channel whose messages are kept, so that who was away gets them. Made by {@link PubSub.durable}. */
export interface DurableTopic<I, O> {
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
	subscribe(
		handler: (message: O, meta: DurableMeta) => unknown,
		options?: DurableSubscribeOptions,
	): Promise<DurableSubscription>;
}

/** What became of the messages of a durable subscription. */
export interface DurableCounts {
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

export interface DurableSubscription extends Omit<MessageSubscription, "names" | "stats"> {
	readonly topic: string;
	stats(): DurableCounts;
}
