import {
	type Args,
	ConnectionError,
	type Encoding,
	type Link,
	type LinkState,
	type OpenOptions,
	type WireReply,
} from "@rk/client";
import type { StateListener } from "./link.ts";
import { listen } from "./listeners.ts";
import type { NodeRedisClient, NodeRedisSentinel } from "./native.ts";
import { OwnClientLink } from "./own-link.ts";
import { SEND_OPTIONS } from "./replies.ts";

/** How long one try to connect to the master may take, in milliseconds; the next one may be to another master. */
const TRY_MS = 3000;
const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 500;

/**
 * The master that Sentinel names, on a connection of the port's own.
 *
 * Not on the library's: it sends a command again when the connection was lost under it, and it lends the same connection
 * to whoever the application gives a lease, whose WATCH would meet our EXEC and whose BLPOP would hold up our commands.
 */
export class SentinelMaster implements Link {
	readonly #sentinel: NodeRedisSentinel;
	readonly #listeners = new Set<StateListener>();
	readonly #stopListening: () => void;
	#current: OwnClientLink | undefined;
	#node = "";
	/** A client to any master so far: has the options for those to come. */
	#model: NodeRedisClient | undefined;
	#asking: Promise<unknown> | undefined;
	#following = false;
	/** Ends the pause before the next try. */
	#wake = (): void => {};
	#opened: boolean;
	#released = false;

	constructor(sentinel: NodeRedisSentinel) {
		this.#sentinel = sentinel;
		this.#opened = sentinel.isOpen;
		this.#stopListening = listen(sentinel, {
			connect: () => void this.#follow(),
			ready: () => this.#wake(),
			"topology-change": (event) => {
				if (isMasterChange(event)) this.#current?.destroy();
			},
			error: () => {}, // of a discovery, which goes on
			end: () => this.#ended(),
		});
		if (sentinel.isOpen) void this.#follow();
	}

	get node(): string {
		return this.#node;
	}

	get state(): LinkState {
		const current = this.#current;
		if (current !== undefined && current.state === "ready") return "ready";
		return this.#opened && !this.#sentinel.isOpen ? "closed" : "down";
	}

	/** Neither the application nor the port has closed it. */
	get wanted(): boolean {
		return this.#sentinel.isOpen && !this.#released;
	}

	send(args: Args, encoding: Encoding): Promise<WireReply> {
		return this.#current?.send(args, encoding) ?? Promise.reject(noMaster());
	}

	sendTogether(commands: readonly Args[], encoding: Encoding): Array<Promise<WireReply>> {
		return this.#current?.sendTogether(commands, encoding) ?? commands.map(() => Promise.reject(noMaster()));
	}

	onState(listener: StateListener): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	connect(): void {
		if (this.#opened || this.#sentinel.isOpen) return;
		this.#opened = true;
		this.#sentinel.connect().catch(() => {}); // told by the error event
	}

	/** Some server said that it is a replica: looks for the master anew, if it was this one. */
	demoted(): void {
		if (this.#asking !== undefined) return;
		this.#ask(true);
		const current = this.#current;
		if (current === undefined) return;
		isMaster(current, TRY_MS).then(
			(still) => still || current.destroy(),
			() => current.destroy(),
		);
	}

	/** A connection to the master of now; tries on while there is none, until the time is over. */
	async open(options: OpenOptions): Promise<OwnClientLink> {
		const end = performance.now() + options.timeoutMs;
		for (let attempt = 0; ; attempt++) {
			try {
				return await this.#openOnce(options.protocol, Math.min(TRY_MS, Math.max(1, end - performance.now())));
			} catch (error) {
				const wait = pauseMs(attempt);
				if (this.#released || performance.now() + wait >= end) throw error;
				await pause(wait);
			}
		}
	}

	release(): void {
		this.#released = true;
		this.#stopListening();
		this.#listeners.clear();
		this.#current?.destroy();
	}

	/** Keeps a connection to the master, for as long as the application keeps its client open. */
	async #follow(): Promise<void> {
		this.#opened = true;
		if (this.#following) return;
		this.#following = true;
		for (let attempt = 0; this.#sentinel.isOpen && !this.#released; attempt++) {
			let link: OwnClientLink;
			try {
				link = await this.#openOnce("as-configured", TRY_MS);
			} catch {
				await new Promise<void>((resolve) => {
					this.#wake = resolve;
					setTimeout(resolve, pauseMs(attempt)).unref();
				});
				continue;
			}
			attempt = 0;
			if (this.#released || !this.#sentinel.isOpen) link.destroy();
			this.#current = link;
			this.#node = link.node;
			this.#tell("ready", undefined);
			const cause = await closed(link);
			this.#current = undefined;
			link.destroy();
			this.#tell(this.state, cause);
		}
		this.#following = false;
	}

	async #openOnce(protocol: OpenOptions["protocol"], timeoutMs: number): Promise<OwnClientLink> {
		const at = this.#sentinel.getMasterNode();
		if (at === undefined) {
			this.#ask(false);
			throw noMaster();
		}
		this.#model ??= await this.#sentinel._execute(false, async (client) => client);
		const options = { node: `${at.host}:${at.port}`, protocol, readOnly: false, timeoutMs };
		const link = await OwnClientLink.open(this.#model, options, at);
		let usable = false;
		try {
			usable = await isMaster(link, timeoutMs);
		} catch (error) {
			// Whatever became of the question, no command of the application's was sent.
			throw new ConnectionError(`${link.node} did not say whether it is the master`, "not-sent", {
				cause: error,
			});
		} finally {
			if (!usable) link.destroy();
		}
		if (usable) return link;
		this.#ask(true);
		throw new ConnectionError(`${link.node} is not the master any more`, "not-sent");
	}

	/**
	 * Makes the library ask the sentinels: it does so when its client is not ready, or, `anew`, when a command fails with
	 * READONLY, as this one that is never sent.
	 */
	#ask(anew: boolean): void {
		let refuse = anew;
		this.#asking ??= this.#sentinel
			._execute(false, async (client) => {
				if (!refuse) return client;
				refuse = false;
				throw new Error("READONLY The master is to be asked for again");
			})
			.catch(() => {}) // there is no master yet: whoever waits asks again
			.finally(() => {
				this.#asking = undefined;
			});
	}

	#ended(): void {
		this.#current?.destroy();
		this.#tell("closed", undefined);
	}

	#tell(state: LinkState, cause: unknown): void {
		for (const listener of this.#listeners) listener(state, cause);
	}
}

function noMaster(): ConnectionError {
	return new ConnectionError("Sentinel names no master now", "not-sent");
}

function isMasterChange(event: unknown): boolean {
	return typeof event === "object" && event !== null && "type" in event && event.type === "MASTER_CHANGE";
}

/** By HELLO, which every user may run, and which changes nothing when it is asked for nothing. */
async function isMaster(link: OwnClientLink, timeoutMs: number): Promise<boolean> {
	const tooLong = setTimeout(() => link.destroy(), timeoutMs);
	tooLong.unref();
	try {
		const reply = await link.client.sendCommand(["HELLO"], SEND_OPTIONS.utf8);
		return !Array.isArray(reply) || reply[reply.indexOf("role") + 1] === "master";
	} finally {
		clearTimeout(tooLong);
	}
}

function closed(link: OwnClientLink): Promise<unknown> {
	return new Promise((resolve) => {
		if (link.state === "closed") return resolve(undefined);
		link.onState((state, cause) => {
			if (state === "closed") resolve(cause);
		});
	});
}

function pauseMs(attempt: number): number {
	return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempt) * (0.5 + Math.random() / 2);
}

function pause(ms: number): Promise<void> {
	return new Promise((resolve) => {
		setTimeout(resolve, ms).unref();
	});
}
