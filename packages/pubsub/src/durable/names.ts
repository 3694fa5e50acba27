import { hashTag, makeKey } from "@rk/client";

/** What a durable topic has in Redis, all in one slot. */
export interface TopicNames {
	readonly stream: string;
	/** The hash with the epoch and the count of messages. */
	readonly state: string;
	/** The shard channel on which messages are announced. */
	readonly channel: string;
}

/** `pubsub:{orders}` and its siblings. */
export function namesOf(prefix: string, topic: string): TopicNames {
	const tag = hashTag(topic);
	return {
		stream: makeKey(prefix, tag),
		state: makeKey(prefix, tag, "state"),
		channel: makeKey(prefix, tag, "live"),
	};
}

/** Where a subscriber's cursor is stored. */
export function cursorKey(prefix: string, topic: string, subscriber: string): string {
	return makeKey(prefix, hashTag(topic), "cursor", subscriber);
}
