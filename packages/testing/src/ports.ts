import { once } from "node:events";
import { createServer } from "node:net";

/*
 * Below the range the system takes outgoing ports from: a client that retries a port nobody listens on
 * can otherwise connect to itself, and a server that restarts can find its port taken.
 * A cluster node's bus listens 10 000 higher, which must stay below it too.
 */
const FIRST = 10_000;
const COUNT = 10_000; // below the first bus port
export const BUS_OFFSET = 10_000;

const given = new Set<number>();

async function isFree(port: number): Promise<boolean> {
	const server = createServer().listen(port, "127.0.0.1");
	try {
		await once(server, "listening");
	} catch {
		return false;
	}
	server.close();
	await once(server, "close");
	return true;
}

/** A port of 127.0.0.1 that was free just now, as was its cluster bus port; never the same one twice. */
export async function freePort(): Promise<number> {
	for (;;) {
		if (given.size > COUNT / 2) given.clear();
		const port = FIRST + Math.floor(Math.random() * COUNT);
		if (given.has(port)) continue;
		given.add(port);
		if ((await isFree(port)) && (await isFree(port + BUS_OFFSET))) return port;
	}
}

/** `count` different free ports. */
export async function freePorts(count: number): Promise<number[]> {
	const ports: number[] = [];
	while (ports.length < count) ports.push(await freePort());
	return ports;
}
