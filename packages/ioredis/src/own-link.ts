import { ConnectionError, type OwnLink, ServerError, type SubscriptionKind } from "@rk/client";
import { IoredisLink } from "./link.ts";
import type { NativeRedis } from "./native.ts";
import type { OwnCommand } from "./own-command.ts";

// Lower case: under RESP2 the library does not know an upper-case SUBSCRIBE for what it is, and throws in its parser.
const SUBSCRIBE = { channel: "subscribe", pattern: "psubscribe", shard: "ssubscribe" } as const;
const UNSUBSCRIBE = { channel: "unsubscribe", pattern: "punsubscribe", shard: "sunsubscribe" } as const;

type MessageListener = Parameters<OwnLink["onMessage"]>[0];

/** A connection of the port's own. */
export class IoredisOwnLink extends IoredisLink implements OwnLink {
	/** SSUBSCRIBE without an answer so far. */
	readonly #shardPending = new Set<OwnCommand>();
	#shardMoved: (() => void) | undefined;

	constructor(redis: NativeRedis) {
		super(redis, () => false);
		redis.on("moved", () => this.#moved());
		redis.on("error", (error: unknown) => {
			// A reply that the library could not match: under RESP2 that is what it makes of a subscription that the server
			// ended by itself. What it matches from now on may be wrong, so nothing else may use the connection.
			if (!(error instanceof Error) || !error.message.startsWith("Command queue state error")) return;
			this.#shardMoved?.();
			this.destroy();
		});
	}

	/** One command a name, since the server refuses all names of a command for one of them. */
	async subscribe(kind: SubscriptionKind, names: readonly string[]): Promise<void> {
		const replies = await Promise.allSettled(names.map((name) => this.#confirmed(SUBSCRIBE[kind], [name])));
		for (const reply of replies) if (reply.status === "rejected") throw reply.reason;
	}

	/** Never without a name: that wedges the library's connection while it has subscriptions of another kind. */
	async unsubscribe(kind: SubscriptionKind, names: readonly string[]): Promise<void> {
		if (names.length > 0) await this.#confirmed(UNSUBSCRIBE[kind], names);
	}

	onMessage(listener: MessageListener): void {
		this.redis.on("messageBuffer", (channel: Buffer, payload: unknown) => {
			listener("channel", payload, channel.toString());
		});
		this.redis.on("pmessageBuffer", (pattern: string, channel: Buffer, payload: unknown) => {
			listener("pattern", payload, channel.toString(), pattern);
		});
		this.redis.on("smessageBuffer", (channel: Buffer, payload: unknown) => {
			listener("shard", payload, channel.toString());
		});
	}

	onShardMoved(listener: () => void): void {
		this.#shardMoved = listener;
	}

	destroy(): void {
		this.redis.disconnect();
		this.redis.stream?.destroy(); // disconnect() alone waits for the server to close its side
	}

	async #confirmed(name: string, args: readonly string[]): Promise<void> {
		if (this.state !== "ready")
			throw new ConnectionError(`The connection to ${this.node} was lost`, "not-sent");
		const command = new this.ownCommand([name, ...args], "utf8");
		this.watchLoss();
		this.redis.sendCommand(command);
		if (name === SUBSCRIBE.shard) this.#shardPending.add(command);
		try {
			await command.promise;
		} finally {
			this.#shardPending.delete(command);
		}
	}

	/** Either MOVED answered an SSUBSCRIBE, or the server ended shard subscriptions because their slot moved. */
	#moved(): void {
		if (this.#shardPending.size === 0) {
			this.#shardMoved?.();
			return;
		}
		// ioredis 5.11 never settles the command; 6 is about to, with the server's words.
		const pending = [...this.#shardPending];
		process.nextTick(() => {
			for (const command of pending)
				command.reject(new ServerError("MOVED the channel's slot is served elsewhere"));
		});
	}
}
