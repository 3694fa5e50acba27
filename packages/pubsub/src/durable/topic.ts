import { randomBytes } from "node:crypto";
import type { RedisPort } from "@rk/client";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { type Codec, encode } from "../codec.ts";
import { EncodeError } from "../errors.ts";
import { checkFunction } from "../options.ts";
import { issuesOf } from "../schema.ts";
import type { DurableTopic } from "./durable-topic.ts";
import type { Following } from "./following.ts";
import type { TopicNames } from "./names.ts";
import { checkDurableSubscribe, type DurableSubscribeOptions } from "./options.ts";
import type { DurableMeta } from "./reader.ts";
import { publish } from "./scripts.ts";

export type TopicHandler = (message: unknown, meta: DurableMeta) => unknown;

export interface TopicParts {
	readonly redis: RedisPort;
	readonly codec: Codec;
	readonly names: TopicNames;
	readonly maxLen: number;
	readonly schema: StandardSchemaV1 | undefined;
	readonly follow: (handler: TopicHandler, options: DurableSubscribeOptions) => Following;
}

export class Topic implements DurableTopic<unknown, unknown> {
	readonly name: string;
	readonly #parts: TopicParts;
	readonly #keys: readonly [string, string];
	readonly #maxLen: string;
	/** The script adds the server's time, for each life to have a name of its own. */
	readonly #epoch = randomBytes(3).toString("base64url");

	constructor(name: string, parts: TopicParts) {
		this.name = name;
		this.#parts = parts;
		this.#keys = [parts.names.stream, parts.names.state];
		this.#maxLen = String(parts.maxLen);
	}

	async publish(message: unknown): Promise<string> {
		const { redis, codec, names, schema } = this.#parts;
		if (schema !== undefined) await this.#validate(schema, message);
		const payload = encode(codec, this.name, message);
		return redis.command(publish(this.#keys, [payload, this.#maxLen, names.channel, this.#epoch]));
	}

	async subscribe(handler: TopicHandler, options: DurableSubscribeOptions = {}): Promise<Following> {
		checkDurableSubscribe(options);
		checkFunction("handler", handler);
		const following = this.#parts.follow(handler, options);
		await following.open();
		return following;
	}

	async #validate(schema: StandardSchemaV1, message: unknown): Promise<void> {
		let issues: readonly StandardSchemaV1.Issue[] | undefined;
		try {
			({ issues } = await schema["~standard"].validate(message));
		} catch (cause) {
			throw new EncodeError(this.name, cause);
		}
		if (issues !== undefined) throw new EncodeError(this.name, new TypeError(issuesOf(issues)));
	}
}
