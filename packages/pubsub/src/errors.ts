import { RkError } from "@rk/client";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { issuesOf } from "./schema.ts";

/** Base of the errors of this package. Tell kinds apart by `code`. */
export abstract class PubSubError extends RkError {
	/** The channel, or the name of the durable topic; of a gap in a pattern's messages, the pattern. */
	readonly channel: string;

	protected constructor(channel: string, message: string, options?: ErrorOptions) {
		super(message, options);
		this.channel = channel;
	}
}

/** The codec could not make bytes of the message, or the topic's schema refused it. Nothing was sent. */
export class EncodeError extends PubSubError {
	override readonly name = "EncodeError";
	override readonly code = "RK_PUBSUB_ENCODE";

	constructor(channel: string, cause: unknown) {
		super(channel, `The message for ${quoted(channel)} cannot be encoded: ${wordsOf(cause)}`, { cause });
	}
}

/** A message that no handler can be given: the bytes are kept, for they are all there is of it. */
export abstract class PoisonError extends PubSubError {
	/** The message as it came. */
	readonly payload: Buffer;

	protected constructor(channel: string, payload: Buffer, message: string, options?: ErrorOptions) {
		super(channel, message, options);
		this.payload = payload;
	}
}

/** The codec could not read the message. */
export class DecodeError extends PoisonError {
	override readonly name = "DecodeError";
	override readonly code = "RK_PUBSUB_DECODE";

	constructor(channel: string, payload: Buffer, cause: unknown) {
		super(channel, payload, `A message on ${quoted(channel)} cannot be read: ${wordsOf(cause)}`, { cause });
	}
}

/** The schema refused the message. */
export class SchemaError extends PoisonError {
	override readonly name = "SchemaError";
	override readonly code = "RK_PUBSUB_SCHEMA";
	/** What the schema found. */
	readonly issues: readonly StandardSchemaV1.Issue[];

	constructor(channel: string, payload: Buffer, issues: readonly StandardSchemaV1.Issue[]) {
		super(channel, payload, `A message on ${quoted(channel)} is refused by its schema: ${issuesOf(issues)}`);
		this.issues = issues;
	}
}

/** A handler did not end in time. It goes on by itself; the next message is delivered. */
export class HandlerTimeoutError extends PubSubError {
	override readonly name = "HandlerTimeoutError";
	override readonly code = "RK_PUBSUB_HANDLER_TIMEOUT";
	readonly timeoutMs: number;

	constructor(channel: string, timeoutMs: number) {
		super(channel, `A handler of ${quoted(channel)} did not end within ${timeoutMs} ms`);
		this.timeoutMs = timeoutMs;
	}
}

/** More messages wait than may: from here on they are dropped, or the subscription has ended, as `overflow` says. */
export class OverflowError extends PubSubError {
	override readonly name = "OverflowError";
	override readonly code = "RK_PUBSUB_OVERFLOW";
	readonly maxQueue: number;

	constructor(channel: string, maxQueue: number) {
		super(
			channel,
			`${maxQueue} messages of ${quoted(channel)} wait for their handler, and there is no room for more`,
		);
		this.maxQueue = maxQueue;
	}
}

/** The server did not send to us for some time: nobody knows whether there were messages. */
export class MessageGapError extends PubSubError {
	override readonly name = "MessageGapError";
	override readonly code = "RK_PUBSUB_GAP";
	/** When the messages ceased to come, and when they came again: Unix time in milliseconds. */
	readonly lostAt: number;
	readonly resumedAt: number;

	constructor(channel: string, lostAt: number, resumedAt: number) {
		super(channel, `Messages on ${quoted(channel)} may have been missed for ${resumedAt - lostAt} ms`);
		this.lostAt = lostAt;
		this.resumedAt = resumedAt;
	}
}

/** Messages of a durable topic were trimmed before this subscriber had them. */
export class MessageLossError extends PubSubError {
	override readonly name = "MessageLossError";
	override readonly code = "RK_PUBSUB_LOSS";
	/** How many, exactly; `undefined` where the subscriber began at an id that is no longer kept. */
	readonly count: number | undefined;
	/** The id of the next message that there is. */
	readonly nextId: string;

	constructor(topic: string, count: number | undefined, nextId: string) {
		super(topic, `${count ?? "Some"} messages of ${quoted(topic)} were gone before they could be read`);
		this.count = count;
		this.nextId = nextId;
	}
}

/** A durable topic was begun anew, or set back, by FLUSHALL or by a failover that lost messages. */
export class TopicResetError extends PubSubError {
	override readonly name = "TopicResetError";
	override readonly code = "RK_PUBSUB_RESET";
	/** The last message that this subscriber had before. */
	readonly lastId: string;

	constructor(topic: string, lastId: string) {
		super(topic, `The topic ${quoted(topic)} was set back: it is read from its beginning`);
		this.lastId = lastId;
	}
}

function quoted(name: string): string {
	return JSON.stringify(name);
}

function wordsOf(cause: unknown): string {
	return cause instanceof Error ? cause.message : String(cause);
}
