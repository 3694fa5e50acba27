import { connect, type Socket } from "node:net";
import { readCommand, replyEnd } from "../resp.ts";
import type { CutOrder, SwallowOrder } from "./order.ts";
import { type Passage, ReplyOrder } from "./replies.ts";
import { reset } from "./reset.ts";

/** What a pair asks of its proxy. */
export interface Faults {
	readonly delayMs: number;
	readonly lost: "requests" | "replies" | false;
	readonly cutOrder: CutOrder | undefined;
	/** Replicas and Sentinels come this way too. */
	readonly amongServers: boolean;
	/** A command is about to pass; gives the order about its reply. */
	passing(pair: Pair, args: readonly string[]): SwallowOrder | undefined;
	/** The pair turned out to carry the servers' own traffic. */
	serversOwn(pair: Pair): void;
	closed(pair: Pair): void;
}

const READING_MS = 5;
/** What a replica says before it can be told from a client; a server among servers passes that on in any case. */
const REPLICA_FIRST: readonly string[] = ["PING", "AUTH"];
const REPLICATION: readonly string[] = ["REPLCONF", "PSYNC", "SYNC"];

/** Replicas and Sentinels reach their master through its proxy too; the faults are not for them. */
function isServersOwn(args: readonly string[]): boolean {
	const [name = "", verb = "", value = ""] = args;
	if (REPLICATION.includes(name.toUpperCase())) return true;
	return /^client$/i.test(name) && /^setname$/i.test(verb) && value.startsWith("sentinel-");
}

/** A client's connection and its counterpart to the server. */
export class Pair {
	readonly #client: Socket;
	readonly #server: Socket;
	readonly #faults: Faults;
	readonly #order: ReplyOrder = new ReplyOrder();
	readonly #outbox: {
		readonly due: number;
		readonly bytes: Buffer;
		readonly passage: Passage | undefined;
	}[] = [];
	#timer: NodeJS.Timeout | undefined;
	#requests: Buffer = Buffer.alloc(0);
	#replies: Buffer = Buffer.alloc(0);
	#serverEnded = false;
	#serversOwn = false;
	#mayBeReplica: boolean;
	#silent = false;
	#broken = false;

	constructor(client: Socket, target: { readonly host: string; readonly port: number }, faults: Faults) {
		this.#client = client;
		this.#faults = faults;
		this.#mayBeReplica = faults.amongServers;
		this.#server = connect({ ...target, noDelay: true, allowHalfOpen: true });
		this.#client.unref();
		this.#server.unref();
		client.on("data", (chunk: Buffer) => this.#fromClient(chunk));
		this.#server.on("data", (chunk: Buffer) => this.#fromServer(chunk));
		client.on("end", () => this.#server.end());
		this.#server.on("end", () => {
			this.#serverEnded = true;
			this.#queue(this.#replies, undefined); // what there is of a reply that was never completed
		});
		for (const side of [client, this.#server]) {
			side.on("error", () => this.cut());
			side.on("close", () => this.#closed());
		}
	}

	/** Bytes went missing on the way: what would follow them is not what was sent, and the pair can only be cut. */
	get broken(): boolean {
		return this.#broken;
	}

	/** Resets both connections. */
	cut(): void {
		reset(this.#client);
		reset(this.#server);
	}

	#closed(): void {
		clearTimeout(this.#timer);
		if (this.#client.destroyed && !this.#server.destroyed) this.#server.destroy();
		if (this.#server.destroyed && this.#outbox.length === 0) this.#client.destroySoon();
		this.#faults.closed(this);
	}

	#fromClient(chunk: Buffer): void {
		this.#requests = Buffer.concat([this.#requests, chunk]);
		let at = 0;
		while (!this.#serversOwn && at < this.#requests.length) {
			const command = readCommand(this.#requests, at);
			if (command === undefined) break;
			const { args, end } = command;
			if (isServersOwn(args)) {
				this.#serversOwn = true;
				this.#faults.serversOwn(this);
				break;
			}
			this.#mayBeReplica &&= REPLICA_FIRST.includes(args[0] ?? "");
			if (this.#faults.lost === "requests" && !this.#mayBeReplica) this.#broken = true;
			else this.#pass(args, this.#requests.subarray(at, end));
			at = end;
		}
		this.#requests = this.#requests.subarray(at);
		if (this.#serversOwn) {
			pass(this.#requests, this.#client, this.#server);
			this.#requests = Buffer.alloc(0);
		}
	}

	#pass(args: readonly string[], bytes: Buffer): void {
		const order = this.#faults.passing(this, args);
		if (args.length > 0) this.#order.sent({ args, order, exempt: this.#mayBeReplica });
		pass(bytes, this.#client, this.#server);
	}

	#fromServer(chunk: Buffer): void {
		this.#replies = Buffer.concat([this.#replies, chunk]);
		let at = 0;
		while (!this.#serversOwn) {
			const end = at < this.#replies.length ? replyEnd(this.#replies, at) : -1;
			if (end < 0) break;
			const frame = this.#replies.subarray(at, end);
			this.#queue(frame, this.#order.received(frame));
			at = end;
		}
		this.#replies = this.#replies.subarray(at);
		if (this.#serversOwn) {
			pass(this.#replies, this.#server, this.#client);
			this.#replies = Buffer.alloc(0);
		}
	}

	#queue(bytes: Buffer, passage: Passage | undefined): void {
		this.#outbox.push({ due: performance.now() + this.#faults.delayMs, bytes, passage });
		if (this.#timer === undefined) this.#deliver();
	}

	#deliver(): void {
		this.#timer = undefined;
		for (let head = this.#outbox[0]; head !== undefined; head = this.#outbox[0]) {
			const waitMs = head.due - performance.now();
			if (waitMs > 0) {
				this.#timer = setTimeout(() => this.#deliver(), waitMs).unref();
				return;
			}
			this.#outbox.shift();
			this.#reply(head.bytes, head.passage);
		}
		if (this.#serverEnded) this.#client.end();
	}

	#reply(bytes: Buffer, passage: Passage | undefined): void {
		const { cutOrder, lost } = this.#faults;
		const swallow = passage?.order;
		if (this.#silent || bytes.length === 0) return;
		if (passage?.exempt) {
			pass(bytes, this.#server, this.#client);
		} else if (swallow?.open) {
			this.#silence();
			if (swallow.after === "cut") this.#cutAfter(Buffer.alloc(0));
			swallow.settle(true);
		} else if (lost === "replies") {
			this.#silence();
		} else if (cutOrder !== undefined && bytes.length >= cutOrder.bytesLeft) {
			this.#silence();
			this.#cutAfter(bytes.subarray(0, cutOrder.bytesLeft));
			cutOrder.settle(true);
		} else {
			if (cutOrder !== undefined) cutOrder.bytesLeft -= bytes.length;
			pass(bytes, this.#server, this.#client);
		}
	}

	#silence(): void {
		this.#silent = true;
		this.#broken = true;
	}

	/**
	 * Resets once the client had a moment to read `bytes`: Node.js reports data and a reset that come together as data and
	 * an orderly end. What the client sends meanwhile goes nowhere.
	 */
	#cutAfter(bytes: Buffer): void {
		this.#client.pause();
		this.#client.write(bytes, () => setTimeout(() => this.cut(), READING_MS).unref());
	}
}

/** Writes, and lets the source wait while the destination is slow. */
function pass(bytes: Buffer, from: Socket, to: Socket): void {
	if (bytes.length === 0 || to.destroyed || to.write(bytes) || from.isPaused()) return;
	from.pause();
	to.once("drain", () => from.resume());
}
