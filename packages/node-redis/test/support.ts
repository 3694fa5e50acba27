import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { Socket } from "node:net";
import type { Link, LinkState, OwnLink } from "@rk/client";

/** Collects the sockets that this process opens to a port, so that a test can break one at an exact moment. */
export function socketsTo(port: number): { latest(): Socket; stop(): void } {
	const sockets: Socket[] = [];
	const opened = (message: unknown): void => {
		if (typeof message !== "object" || message === null || !("socket" in message)) return;
		const { socket } = message;
		if (socket instanceof Socket)
			socket.once("connect", () => socket.remotePort === port && sockets.push(socket));
	};
	subscribe("net.client.socket", opened);
	return {
		latest() {
			const socket = sockets.at(-1);
			if (socket === undefined) throw new Error(`No connection to ${port}`);
			return socket;
		},
		stop: () => void unsubscribe("net.client.socket", opened),
	};
}

/** Resolves when the connection has this state. */
export function stateOf(link: Link | OwnLink, wanted: LinkState): Promise<void> {
	return new Promise((resolve) => {
		if (link.state === wanted) return resolve();
		const off = link.onState((state) => {
			if (state !== wanted) return;
			off();
			resolve();
		});
	});
}
