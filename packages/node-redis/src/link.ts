import type { Args, Encoding, Link, LinkState, WireReply } from "@rk/client";
import { deafen, hearAgain } from "./deaf.ts";
import { fault, UNWRITTEN } from "./faults.ts";
import { Flights } from "./flights.ts";
import { listen } from "./listeners.ts";
import type { NativeSender, NodeRedisClient } from "./native.ts";
import { inBytes, isOurs, SEND_OPTIONS } from "./replies.ts";

export type StateListener = (state: LinkState, cause?: unknown) => void;

/** The connection of one client of the library. */
export class ClientLink implements Link {
	readonly node: string;
	readonly client: NodeRedisClient;
	readonly #text: NativeSender;
	readonly #bytes: NativeSender;
	readonly #flights: Flights;
	readonly #listeners = new Set<StateListener>();
	readonly #stopListening: () => void;
	/** A client that nobody connected yet is not a closed one. */
	#opened: boolean;
	/** Its replies cannot be told apart any more: the connection is about to be replaced. */
	#muddled = false;
	#last: LinkState;

	constructor(client: NodeRedisClient, node: string = addressOf(client)) {
		this.node = node;
		this.client = client;
		// Made once: options given with each call would be merged with each call, at twice the cost.
		this.#flights = new Flights(client);
		const abortSignal = this.#flights;
		this.#text = client.withCommandOptions({ ...SEND_OPTIONS.utf8, abortSignal });
		this.#bytes = client.withCommandOptions({ ...SEND_OPTIONS.buffer, abortSignal });
		this.#opened = client.isOpen || client.socketEpoch > 0;
		this.#last = stateOf(client, this.#opened);
		this.#stopListening = listen(client, {
			ready: () => this.#renewed(undefined),
			error: (cause) => this.#failed(cause),
			end: () => this.#renewed(undefined),
		});
	}

	get state(): LinkState {
		const state = stateOf(this.client, this.#opened);
		return state === "ready" && this.#muddled ? "down" : state;
	}

	send(args: Args, encoding: Encoding): Promise<WireReply> {
		if (encoding === "utf8") return this.#text.sendCommand(args);
		return this.#bytes.sendCommand(args).then(inBytes);
	}

	sendTogether(commands: readonly Args[], encoding: Encoding): Array<Promise<WireReply>> {
		// The library drops the rest of a chain whose beginning it wrote to a connection that is lost.
		const options = { ...SEND_OPTIONS[encoding], abortSignal: this.#flights, chainId: Symbol() };
		const replies = commands.map((args) => this.client.sendCommand(args, options));
		return encoding === "utf8" ? replies : replies.map((reply) => reply.then(inBytes));
	}

	/** The replies still to come are dropped; the connection goes on to serve the application. */
	abandon(): void {
		this.#flights.abandon();
	}

	onState(listener: StateListener): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	connect(): void {
		if (this.#opened || this.client.isOpen) return;
		this.#opened = true;
		this.client.connect().catch(() => {}); // told by the error event
	}

	/** Takes the listeners off the client, which goes on without the port. */
	release(): void {
		this.#stopListening();
		this.#listeners.clear();
	}

	/** Replaces the connection; what is in flight rejects. */
	protected replace(): void {
		deafen(this.client);
	}

	#renewed(cause: unknown): void {
		this.#muddled = false;
		hearAgain(this.client);
		this.#changed(cause);
	}

	#changed(cause: unknown): void {
		this.#opened = true;
		const { state } = this;
		if (state === this.#last) return;
		this.#last = state;
		for (const listener of this.#listeners) listener(state, cause);
	}

	#failed(cause: unknown): void {
		if (!this.client.isReady) {
			this.#recall();
			this.#renewed(cause);
			return;
		}
		// The connection lives: either the library's own PING failed, or something was thrown while it read what arrived.
		const { code, outcome } = fault(cause);
		if (code === "RK_CONNECTION" && outcome === "unknown") {
			this.#muddled = true;
			this.replace();
		}
		this.#changed(cause);
	}

	/**
	 * Takes back what the library had no time to write. It would write it to the next connection, whenever that comes,
	 * even if by then the caller has long been told that it waited in vain.
	 */
	#recall(): void {
		const queue = this.client._getQueue();
		if (!queue.isWaitingToWrite()) return;
		const waiting = queue.extractAllCommands();
		queue.prependCommandsToWrite(waiting.filter((command) => !isOurs(command)));
		queue.rejectCommands(waiting.filter(isOurs), new Error(UNWRITTEN));
	}
}

/** `isReady` stays true while the library closes its connection, so both are asked. */
function stateOf(client: NodeRedisClient, opened: boolean): LinkState {
	if (!client.isOpen) return opened ? "closed" : "down";
	return client.isReady ? "ready" : "down";
}

/** `host:port`, or the path of a Unix socket. */
export function addressOf(client: NodeRedisClient): string {
	const { host = "localhost", port = 6379, path } = client.options?.socket ?? {};
	return path ?? `${host}:${port}`;
}
