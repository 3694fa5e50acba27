export type { Codec } from "./codec.ts";
export type { MessageMeta } from "./consumer.ts";
export { createPubSub } from "./create-pub-sub.ts";
export type { DurableCounts, DurableSubscription, DurableTopic } from "./durable/durable-topic.ts";
export type { DurableOptions, DurableSubscribeOptions, WithTopicSchema } from "./durable/options.ts";
export type { DurableMeta } from "./durable/reader.ts";
export * from "./errors.ts";
export type { Overflow } from "./mailbox.ts";
export type { ReceivedMessage } from "./message-iterator.ts";
export type { MessageSubscription } from "./message-subscription.ts";
export type {
	DrainOptions,
	IterateOptions,
	PatternOptions,
	PublishOptions,
	PubSubOptions,
	SubscribeOptions,
	WithSchema,
} from "./options.ts";
export type { MessageHandler, PatternHandler, PubSub } from "./pub-sub.ts";
export type { ErrorListener, PubSubEvent } from "./reports.ts";
export type { MessageCounts } from "./tally.ts";
