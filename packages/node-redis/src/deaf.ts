import type { NativeDecoder, NodeRedisClient } from "./native.ts";

const ignore = (): void => {};

interface Hearing {
	readonly decoder: NativeDecoder;
	readonly onReply: NativeDecoder["onReply"];
	readonly onErrorReply: NativeDecoder["onErrorReply"];
}

const deaf = new WeakMap<NodeRedisClient, Hearing>();

/**
 * When something is thrown while the library reads what arrived (by itself, at a reply of a kind that it does not know; by a
 * message listener of the application's) it forgets the rest of it, and from then on gives each reply to an earlier command.
 * So from now on it gives none to anybody, and the server is asked to close the connection: then all that waits is rejected.
 */
export function deafen(client: NodeRedisClient): void {
	if (deaf.has(client)) return;
	const { decoder } = client._getQueue();
	deaf.set(client, { decoder, onReply: decoder.onReply, onErrorReply: decoder.onErrorReply });
	decoder.onReply = ignore;
	decoder.onErrorReply = ignore;
	client.sendCommand(["QUIT"], { timeout: undefined }).catch(ignore);
}

/** That connection is gone. */
export function hearAgain(client: NodeRedisClient): void {
	const hearing = deaf.get(client);
	if (hearing === undefined) return;
	deaf.delete(client);
	hearing.decoder.onReply = hearing.onReply;
	hearing.decoder.onErrorReply = hearing.onErrorReply;
}
