import { checkInteger, checkKnown, InvalidArgumentError } from "@rk/client";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { MessageLossError, PoisonError, TopicResetError } from "../errors.ts";
import { checkListener, checkSchema, checkSignal, checkText } from "../options.ts";

export interface DurableOptions {
	/**
	 * How many messages the topic keeps for those who are away, about, and never fewer; set by whoever publishes. They have no expiry: they are
	 * kept until newer ones take their place, or the keys are deleted.
	 * @default 10_000
	 */
	readonly maxLen?: number;
}

/** A schema for both ends: what it refuses is not published, and not handled. Its input is sent, and its output handled. */
export interface WithTopicSchema<I, O> {
	readonly schema: StandardSchemaV1<I, O>;
}

export interface DurableSubscribeOptions {
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

export const DURABLE_DEFAULTS: Readonly<{ maxLen: number }> = Object.freeze({ maxLen: 10_000 });

export const DURABLE_OPTIONS: readonly string[] = ["maxLen", "schema"];
export const DURABLE_SUBSCRIBE_OPTIONS: readonly string[] = [
	...["from", "name", "signal", "onPoison", "onLoss", "onReset"],
];

/** @throws {InvalidArgumentError} */
export function checkDurable(options: DurableOptions & { readonly schema?: StandardSchemaV1 }): number {
	checkKnown("", options, DURABLE_OPTIONS);
	const { maxLen = DURABLE_DEFAULTS.maxLen, schema } = options;
	checkInteger("maxLen", maxLen, 1);
	checkSchema(schema);
	return maxLen;
}

/** @throws {InvalidArgumentError} */
export function checkDurableSubscribe(options: DurableSubscribeOptions): void {
	checkKnown("", options, DURABLE_SUBSCRIBE_OPTIONS);
	const { from, name, signal, onPoison, onLoss, onReset } = options;
	if (from !== undefined && from !== "new" && from !== "all" && !/^\d+-\d+$/.test(String(from)))
		throw new InvalidArgumentError("from", from, 'new, all, or the id of a message, as "1700000000000-0"');
	if (name !== undefined) checkText("name", name);
	checkSignal(signal);
	checkListener("onPoison", onPoison);
	checkListener("onLoss", onLoss);
	checkListener("onReset", onReset);
}
