import { type Args, type Encoding, InvalidArgumentError, type WireReply } from "@rk/client";
import type {
	CommandClass,
	CommandQueue,
	NativeCluster,
	NativeCommand,
	NativeRedis,
	QueueItem,
} from "./native.ts";

/** A command of the port's, in the library's queues. */
export interface OwnCommand extends NativeCommand {
	readonly promise: Promise<WireReply>;
}

export type OwnCommandClass = new (wire: Args, encoding: Encoding) => OwnCommand;

const NO_ARGUMENTS: string[] = [];
const classes = new WeakMap<CommandClass, OwnCommandClass>();

/**
 * A subclass of the client's own `Command`: ours can be told from the application's in the library's queues, cost half,
 * reply as the server did, and are left alone by the library's timers (`commandTimeout` would be a second deadline, and
 * `blockingTimeout` answers `null` in the server's place).
 *
 * @throws {InvalidArgumentError} not a client of ioredis or iovalkey
 */
export function ownCommandClass(client: NativeRedis | NativeCluster): OwnCommandClass {
	const base = commandClassOf(client);
	const known = classes.get(base);
	if (known !== undefined) return known;
	const own = class extends base implements OwnCommand {
		readonly promise: Promise<WireReply>;
		readonly args: readonly (string | Buffer)[];
		declare resolve: (reply: WireReply) => void;
		declare reject: (error: Error) => void;
		readonly #wire: Args;

		constructor(wire: Args, encoding: Encoding) {
			super(wire[0], NO_ARGUMENTS);
			this.#wire = wire;
			this.args = wire.slice(1);
			this.promise = new Promise((resolve, reject) => {
				this.resolve = encoding === "buffer" ? resolve : (reply) => resolve(asText(reply));
				this.reject = reject;
			});
		}

		/** The library's: promise, argument and reply transformers, none of which is wanted. */
		initPromise(): void {}

		setTimeout(): void {}

		setBlockingTimeout(): void {}

		toWritable(): string | Buffer {
			return encode(this.#wire);
		}
	};
	classes.set(base, own);
	return own;
}

/** Every verb of the library's makes a `Command`: this one makes it for a client that only looks at its class. */
function commandClassOf(client: NativeRedis | NativeCluster): CommandClass {
	let made: unknown;
	const sendCommand = (command: unknown): void => {
		made = command;
	};
	Reflect.apply(client.info, { options: {}, sendCommand }, []);
	const base: unknown = made instanceof Object ? made.constructor : undefined;
	if (!isCommandClass(base)) {
		throw new InvalidArgumentError(
			"client",
			client,
			"a Redis or Cluster of ioredis 5.4 or later, or of iovalkey",
		);
	}
	return base;
}

function isCommandClass(value: unknown): value is CommandClass {
	return typeof value === "function" && typeof value.prototype?.toWritable === "function";
}

function encode(wire: Args): string | Buffer {
	let text = `*${wire.length}\r\n`;
	for (const arg of wire) {
		if (typeof arg !== "string") return encodeBytes(wire);
		text += `$${Buffer.byteLength(arg)}\r\n${arg}\r\n`;
	}
	return text;
}

function encodeBytes(wire: Args): Buffer {
	const parts: Buffer[] = [];
	let text = `*${wire.length}\r\n`;
	for (const arg of wire) {
		if (typeof arg === "string") {
			text += `$${Buffer.byteLength(arg)}\r\n${arg}\r\n`;
		} else {
			parts.push(Buffer.from(`${text}$${arg.length}\r\n`), arg);
			text = "\r\n";
		}
	}
	parts.push(Buffer.from(text));
	return Buffer.concat(parts);
}

function asText(reply: WireReply): WireReply {
	if (Buffer.isBuffer(reply)) return reply.toString();
	return Array.isArray(reply) ? reply.map(asText) : reply;
}

/** Our commands in a queue of the library. */
export function ownIn(queue: CommandQueue, own: OwnCommandClass): OwnCommand[] {
	const found: OwnCommand[] = [];
	for (let i = 0; i < queue.length; i++) {
		const command = queue.peekAt(i)?.command;
		if (command instanceof own) found.push(command);
	}
	return found;
}

/** Takes our commands out of a queue of the library; the others keep their order. */
export function takeOwn(queue: CommandQueue, own: OwnCommandClass): OwnCommand[] {
	const taken: OwnCommand[] = [];
	for (let left = queue.length; left > 0; left--) {
		const item: QueueItem | undefined = queue.shift();
		if (item === undefined) break;
		if (item.command instanceof own) taken.push(item.command);
		else queue.push(item);
	}
	return taken;
}
