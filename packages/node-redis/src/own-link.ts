import {
	type Args,
	ConnectionError,
	type Encoding,
	type LinkState,
	type OpenOptions,
	type OwnLink,
	ServerError,
	type SubscriptionKind,
	type WireReply,
} from "@rk/client";
import { fault, UNWRITTEN } from "./faults.ts";
import { addressOf, ClientLink } from "./link.ts";
import type { NativeListener, NodeRedisClient } from "./native.ts";

type MessageListener = Parameters<OwnLink["onMessage"]>[0];

/** What the library waits for a TCP connection by default, in milliseconds. */
const TCP_MS = 5000;

const SUBSCRIBE = { channel: "subscribe", pattern: "pSubscribe", shard: "sSubscribe" } as const;
const UNSUBSCRIBE = { channel: "unsubscribe", pattern: "pUnsubscribe", shard: "sUnsubscribe" } as const;

/** A connection of the port's own: made from the application's client, without what would let it outlive its drop. */
export class OwnClientLink extends ClientLink implements OwnLink {
	readonly #hearing = new Map<string, NativeListener>();
	#onMessage: MessageListener = () => {};
	#destroyed = false;
	/** The library is in the middle of what arrived, and calls us. */
	#hearsNow = false;

	/**
	 * Nothing stays open when it rejects.
	 *
	 * @throws {ConnectionError} not connected within `timeoutMs`, the handshake included
	 * @throws {ServerError} the server refused the handshake, as with WRONGPASS
	 */
	static async open(
		base: NodeRedisClient,
		options: OpenOptions,
		at?: { readonly host: string; readonly port: number },
	): Promise<OwnClientLink> {
		const { timeoutMs } = options;
		const client = base.duplicate({
			// `url` would set the address again, over the one wanted here.
			url: undefined,
			socket: {
				...base.options?.socket,
				...at,
				reconnectStrategy: false,
				socketTimeout: undefined,
				connectTimeout: Math.min(base.options?.socket?.connectTimeout ?? TCP_MS, timeoutMs),
			},
			disableOfflineQueue: true,
			commandsQueueMaxLength: undefined,
			pingInterval: undefined,
			commandOptions: {},
			keyPrefix: undefined,
			clientSideCache: undefined,
			emitInvalidate: false,
			maintNotifications: "disabled", // it moves a client to another connection, where a WATCH would be forgotten
			readonly: options.readOnly,
			...(options.protocol === "resp2" ? { RESP: 2 } : {}),
		});
		const link = new OwnClientLink(client, options.node ?? addressOf(client));
		try {
			await within(timeoutMs, client.connect(), link.node);
		} catch (error) {
			link.destroy();
			const why = fault(error);
			if (why instanceof ServerError) throw why; // as WRONGPASS: trying again is in vain
			throw new ConnectionError(`No connection to ${link.node}: ${why.message}`, "not-sent", {
				cause: error,
			});
		}
		return link;
	}

	private constructor(client: NodeRedisClient, node: string) {
		super(client, node);
		client.on("connect", () => {
			// What is destroyed while it connects appears again when TCP or TLS has come to an end.
			if (this.#destroyed) client.destroy();
		});
	}

	override get state(): LinkState {
		return this.#destroyed ? "closed" : super.state;
	}

	/** What the library calls a closed client is a lost connection here: nobody closed it. */
	override send(args: Args, encoding: Encoding): Promise<WireReply> {
		return this.state === "ready" ? super.send(args, encoding) : Promise.reject(new Error(UNWRITTEN));
	}

	override sendTogether(commands: readonly Args[], encoding: Encoding): Array<Promise<WireReply>> {
		if (this.state === "ready") return super.sendTogether(commands, encoding);
		return commands.map(() => Promise.reject(new Error(UNWRITTEN)));
	}

	async subscribe(kind: SubscriptionKind, names: readonly string[]): Promise<void> {
		this.#requireReady();
		await settled(
			names.map((name) => {
				const listener = this.#listenerFor(kind, name);
				this.#hearing.set(`${kind} ${name}`, listener);
				return this.client[SUBSCRIBE[kind]](name, listener, true);
			}),
		);
	}

	async unsubscribe(kind: SubscriptionKind, names: readonly string[]): Promise<void> {
		this.#requireReady();
		await settled(
			names.map((name) => {
				const id = `${kind} ${name}`;
				const listener = this.#hearing.get(id);
				this.#hearing.delete(id);
				return listener === undefined ? undefined : this.client[UNSUBSCRIBE[kind]](name, listener, true);
			}),
		);
	}

	onMessage(listener: MessageListener): void {
		this.#onMessage = listener;
	}

	onShardMoved(listener: () => void): void {
		this.client.on("sharded-channel-moved", () => this.#hear(listener));
	}

	/** Not in the middle of what arrived: the library would begin to read it again, and never come to an end. */
	destroy(): void {
		this.#destroyed = true;
		if (this.#hearsNow) process.nextTick(() => this.client.destroy());
		else this.client.destroy();
	}

	protected override replace(): void {
		this.destroy();
	}

	#hear(call: () => void): void {
		this.#hearsNow = true;
		try {
			call();
		} finally {
			this.#hearsNow = false;
		}
	}

	/** One for each name, since the library does not tell which pattern a message is for. */
	#listenerFor(kind: SubscriptionKind, name: string): NativeListener {
		if (kind !== "pattern") return (payload) => this.#hear(() => this.#onMessage(kind, payload, name));
		return (payload, channel) => this.#hear(() => this.#onMessage(kind, payload, channel.toString(), name));
	}

	/** On a lost connection the library would queue it, and never settle. */
	#requireReady(): void {
		if (this.state !== "ready") throw new Error(UNWRITTEN);
	}
}

/** Waits for all, also if one is refused. */
async function settled(confirmations: readonly (Promise<void> | undefined)[]): Promise<void> {
	const results = await Promise.allSettled(confirmations);
	for (const result of results) {
		if (result.status === "rejected") throw result.reason;
	}
}

async function within(ms: number, connected: Promise<unknown>, node: string): Promise<void> {
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise((_, reject) => {
		timer = setTimeout(
			() => reject(new ConnectionError(`${node} did not answer within ${ms} ms`, "not-sent")),
			ms,
		);
		timer.unref();
	});
	try {
		await Promise.race([connected, late]);
	} finally {
		clearTimeout(timer);
	}
}
