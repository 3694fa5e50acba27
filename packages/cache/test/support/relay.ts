import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/** Stands between clients and a server, and lets one client's replies come late, though all of them, and in their order. */
export interface Relay extends AsyncDisposable {
	readonly url: string;
	/** The next client who sends this text is told nothing more until {@link release}. Resolves when the server has answered. */
	holdAfter(text: string): Promise<void>;
	/** What is held is told, and no more of it is held. */
	release(): void;
}

interface Hold {
	readonly text: string;
	readonly answered: () => void;
	readonly client: Socket;
	readonly bytes: Buffer[];
}

export async function startRelay(serverUrl: string): Promise<Relay> {
	const target = new URL(serverUrl);
	const sockets = new Set<Socket>();
	let wanted: Omit<Hold, "client" | "bytes"> | undefined;
	let hold: Hold | undefined;

	const listener = createServer({ noDelay: true }, (client) => {
		const server = connect({ host: target.hostname, port: Number(target.port), noDelay: true });
		client.on("data", (chunk: Buffer) => {
			if (wanted !== undefined && chunk.includes(wanted.text)) {
				hold = { ...wanted, client, bytes: [] };
				wanted = undefined;
			}
			server.write(chunk);
		});
		server.on("data", (chunk: Buffer) => {
			if (hold?.client === client) {
				hold.bytes.push(chunk);
				hold.answered();
			} else client.write(chunk);
		});
		for (const [one, other] of [
			[client, server],
			[server, client],
		] as const) {
			sockets.add(one);
			one.on("error", () => {}); // `close` follows
			one.on("close", () => {
				sockets.delete(one);
				other.destroy();
			});
		}
	});
	listener.listen(0, "127.0.0.1");
	await once(listener, "listening");
	const address = listener.address();
	if (address === null || typeof address === "string") throw new Error("The relay has no port");
	return {
		url: `redis://127.0.0.1:${address.port}`,
		holdAfter: (text) =>
			new Promise((resolve) => {
				wanted = { text, answered: resolve };
			}),
		release() {
			const { client, bytes = [] } = hold ?? {};
			hold = undefined;
			for (const chunk of bytes) client?.write(chunk);
		},
		async [Symbol.asyncDispose]() {
			for (const socket of sockets) socket.destroy();
			listener.close();
			await once(listener, "close");
		},
	};
}
