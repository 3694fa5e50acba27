import { Command as IoredisCommand, Redis } from "ioredis";
import { createClient, RESP_TYPES } from "redis";
import type { Command, WireReply } from "../../src/command.ts";
import { InvalidArgumentError } from "../../src/errors.ts";
import { withSource } from "../../src/script.ts";

/** Where the server is. */
export interface Address {
	readonly host: string;
	readonly port: number;
}

/** A client library with one protocol, bare: it sends what the command says and decodes what comes. */
export interface BareClient {
	run<T>(command: Command<T>): Promise<T>;
	close(): Promise<void>;
}

const argsOf = (command: Command<unknown>) =>
	command.script === undefined ? command.args : withSource(command, command.script);

/** Replies are `unknown` to the libraries. */
function wire(reply: unknown): WireReply {
	if (reply === undefined) return null;
	if (reply === null || typeof reply === "number" || typeof reply === "string" || typeof reply === "boolean")
		return reply;
	if (Buffer.isBuffer(reply) || reply instanceof Error) return reply;
	if (Array.isArray(reply)) return reply.map(wire);
	throw new InvalidArgumentError("reply", reply, "of a shape that the library promises");
}

function overIoredis(protocol: 2 | 3): (at: Address) => Promise<BareClient> {
	return async ({ host, port }) => {
		const redis = new Redis({ host, port, protocol });
		return {
			async run(command) {
				const [name, ...rest] = argsOf(command);
				// Its own transformers, which go by lowercase names, would make an object of a hash.
				const own = name === "HGETALL" ? name : name.toLowerCase();
				const replyEncoding = command.encoding === "buffer" ? null : "utf8";
				return command.decode(
					wire(await redis.sendCommand(new IoredisCommand(own, rest, { replyEncoding }))),
				);
			},
			async close() {
				redis.disconnect();
			},
		};
	};
}

function overNodeRedis(protocol: 2 | 3): (at: Address) => Promise<BareClient> {
	const shapes = {
		[RESP_TYPES.MAP]: Array,
		[RESP_TYPES.SET]: Array,
		[RESP_TYPES.DOUBLE]: String,
		[RESP_TYPES.BIG_NUMBER]: String,
	};
	const asText = { typeMapping: shapes };
	const asBytes = {
		typeMapping: { ...shapes, [RESP_TYPES.BLOB_STRING]: Buffer, [RESP_TYPES.SIMPLE_STRING]: Buffer },
	};
	return async ({ host, port }) => {
		const client = createClient({ socket: { host, port }, RESP: protocol });
		await client.connect();
		return {
			async run(command) {
				const options = command.encoding === "buffer" ? asBytes : asText;
				return command.decode(wire(await client.sendCommand([...argsOf(command)], options)));
			},
			async close() {
				client.destroy();
			},
		};
	};
}

export const bareClients: ReadonlyArray<[name: string, connect: (at: Address) => Promise<BareClient>]> = [
	["ioredis, RESP3", overIoredis(3)],
	["ioredis, RESP2", overIoredis(2)],
	["node-redis, RESP3", overNodeRedis(3)],
	["node-redis, RESP2", overNodeRedis(2)],
];
