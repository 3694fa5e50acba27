import type { Args, Encoding, Link, LinkState, WireReply } from "@rk/client";
import { Lost } from "./faults.ts";
import { addressOf, type NativeRedis, type NativeStream, offlineQueueOf, wasDisconnected } from "./native.ts";
import { type OwnCommandClass, ownCommandClass, ownIn, takeOwn } from "./own-command.ts";

/** The pause before a client that dropped itself is connected again, in milliseconds. */
const AGAIN_MS = 50;
/** How often a client that pauses between two attempts to connect is looked at, in milliseconds. */
const LOOK_MS = 50;

/**
 * A tick's commands leave in shares, each twice as large as the one before, up to the largest: the server works on the first while
 * the others are made. All in one write has client and server wait for each other, which halved the rate; a write for each costs more
 * than the command.
 */
const FIRST_SHARE = 8;
const LARGEST_SHARE = 64;

type StateListener = (state: LinkState, cause?: unknown) => void;

/** One `Redis` of the library. */
export class IoredisLink implements Link {
	readonly redis: NativeRedis;
	protected readonly ownCommand: OwnCommandClass;
	readonly #clientEnded: () => boolean;
	readonly #listeners = new Set<StateListener>();
	#node: string;
	#cause: unknown;
	/** The connection whose loss is watched. */
	#watched: NativeStream | undefined;
	/** The connection that holds back what is written, until the tick ends or there is enough of it. */
	#corked: NativeStream | undefined;
	#held = 0;
	#share = FIRST_SHARE;
	#looking: NodeJS.Timeout | undefined;

	/** `clientEnded`: the client that the connection belongs to will not connect again, so a lost connection means the end. */
	constructor(redis: NativeRedis, clientEnded: () => boolean) {
		this.redis = redis;
		this.ownCommand = ownCommandClass(redis);
		this.#clientEnded = clientEnded;
		this.#node = redis.options.sentinels ? `the master ${redis.options.name}` : addressOf(redis.options);
		redis.on("ready", this.#onReady);
		redis.on("close", this.#onClose);
		redis.on("end", this.#onEnd);
		redis.on("reconnecting", this.#onReconnecting);
		redis.on("error", this.#onError);
	}

	get node(): string {
		if (!this.redis.options.sentinels) return this.#node;
		const address = this.redis.stream?.remoteAddress;
		if (address !== undefined) this.#node = `${address}:${this.redis.stream?.remotePort}`;
		return this.#node;
	}

	get state(): LinkState {
		const { status } = this.redis;
		// Between disconnect() and the end of the connection the library is still "ready", and would keep a command for later.
		if (status === "ready") return this.redis.stream?.writable ? "ready" : "down";
		if (status === "reconnecting" && wasDisconnected(this.redis)) return "closed";
		return status === "end" && !this.#dropped() ? "closed" : "down";
	}

	send(args: Args, encoding: Encoding): Promise<WireReply> {
		this.#cork();
		return this.#write(args, encoding);
	}

	sendTogether(commands: readonly Args[], encoding: Encoding): Array<Promise<WireReply>> {
		this.#cork();
		return commands.map((args) => this.#write(args, encoding));
	}

	onState(listener: StateListener): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	/** They stay in the library's queue, which matches replies to commands by order. */
	abandon(): void {
		const error = new Lost(true);
		for (const command of ownIn(this.redis.commandQueue, this.ownCommand)) command.reject(error);
	}

	connect(): void {
		if (this.redis.status === "wait" || this.#dropped()) this.redis.connect().catch(() => {}); // the events tell
	}

	/**
	 * The library ended although nobody wanted it to: a failover that it detects while it is asking the sentinels makes it
	 * forget that it was connecting. It has its retryStrategy for all else, and leaves only this to the next connect().
	 */
	#dropped(): boolean {
		const { status, options } = this.redis;
		if (status !== "end" || !options.sentinels || typeof options.retryStrategy !== "function") return false;
		const forgot = this.#cause instanceof Error && this.#cause.message === "Connection is closed.";
		return forgot && !wasDisconnected(this.redis);
	}

	/** Takes the listeners off the client. */
	dispose(): void {
		this.#listeners.clear();
		clearInterval(this.#looking);
		this.redis.off("reconnecting", this.#onReconnecting);
		this.redis.off("ready", this.#onReady);
		this.redis.off("close", this.#onClose);
		this.redis.off("end", this.#onEnd);
		this.redis.off("error", this.#onError);
		// While something of ours waits for its reply, the library would send it again: that guard goes with the connection.
		if (ownIn(this.redis.commandQueue, this.ownCommand).length === 0) this.#watched?.off("close", this.#lose);
	}

	#write(args: Args, encoding: Encoding): Promise<WireReply> {
		const command = new this.ownCommand(args, encoding);
		this.redis.sendCommand(command);
		this.#held += 1;
		if (this.#held === this.#share) this.#writeShare();
		return command.promise;
	}

	/** To be called before a command is sent on a connection. */
	protected watchLoss(): void {
		const { stream } = this.redis;
		if (stream === this.#watched) return;
		this.#watched = stream;
		stream?.prependOnceListener("close", this.#lose);
	}

	/** The library writes to the socket once per command; this makes it once per share. */
	#cork(): void {
		const { stream } = this.redis;
		if (this.#corked !== undefined || stream === undefined) return;
		if (stream !== this.#watched) this.watchLoss();
		stream.cork();
		this.#corked = stream;
		this.#held = 0;
		this.#share = FIRST_SHARE;
		process.nextTick(this.#uncork);
	}

	#writeShare(): void {
		this.#corked?.uncork();
		this.#corked?.cork();
		this.#held = 0;
		this.#share = Math.min(2 * this.#share, LARGEST_SHARE);
	}

	readonly #uncork = (): void => {
		this.#corked?.uncork();
		this.#corked = undefined;
	};

	/**
	 * The connection is gone. Runs before the library's own listener, which would keep what has no reply and send it again
	 * on the next connection. What waits in the other queue was put there by `reconnectOnError`, after an error reply.
	 */
	readonly #lose = (): void => {
		const lost = takeOwn(this.redis.commandQueue, this.ownCommand);
		const offline = offlineQueueOf(this.redis);
		if (offline !== undefined) lost.push(...takeOwn(offline, this.ownCommand));
		if (lost.length === 0) return;
		process.nextTick(() => {
			const error = new Lost(this.#clientEnded(), this.#cause === undefined ? {} : { cause: this.#cause });
			for (const command of lost) command.reject(error);
		});
	};

	#changed(state: LinkState): void {
		for (const listener of [...this.#listeners]) listener(state, this.#cause);
	}

	readonly #onReady = (): void => {
		this.#cause = undefined;
		if (this.state === "ready") this.#changed("ready");
	};

	readonly #onClose = (): void => {
		if (this.state === "down") this.#changed("down");
	};

	/** disconnect() in the pause between two attempts ends the client without any event, so it must be looked at. */
	readonly #onReconnecting = (): void => {
		clearInterval(this.#looking);
		this.#looking = setInterval(() => {
			const { state } = this;
			if (state !== "closed" && this.redis.status === "reconnecting") return;
			clearInterval(this.#looking);
			if (state === "closed") this.#changed("closed");
		}, LOOK_MS);
		this.#looking.unref();
	};

	readonly #onEnd = (): void => {
		if (this.state === "closed") this.#changed("closed");
		else setTimeout(() => this.connect(), AGAIN_MS).unref();
	};

	readonly #onError = (error: unknown): void => {
		this.#cause = error;
	};
}
