import { containerHost } from "./containers.ts";
import { ServerStartError } from "./errors.ts";
import type { Host } from "./machine.ts";
import { freePorts } from "./ports.ts";
import { processHost } from "./processes.ts";
import { type FaultProxy, openProxy } from "./proxy/proxy.ts";
import { findServer } from "./source.ts";

const ATTEMPTS = 3;

/** Where one server will be. */
export interface Site {
	readonly port: number;
	/** What its clients connect to instead. */
	readonly proxy: FaultProxy | undefined;
	/** The port that clients use. */
	readonly publicPort: number;
}

export interface HostOptions {
	/** The servers' ports, or how many of our choice. */
	readonly ports: number | readonly number[];
	/** How many of the servers, from the first, get a proxy. */
	readonly proxied: number;
}

/** Somewhere to run servers on these ports: child processes, or containers. */
async function openHost(ports: readonly number[]): Promise<Host> {
	const source = await findServer();
	return source.kind === "program" ? processHost(source.path) : containerHost(source.image, ports);
}

async function siteAt(port: number, proxied: boolean, amongServers: boolean): Promise<Site> {
	const proxy = proxied ? await openProxy({ host: "127.0.0.1", port }, amongServers) : undefined;
	return { port, proxy, publicPort: proxy?.port ?? port };
}

/**
 * Opens a host and starts servers in it with `start`; closes everything again if that fails. Where ports are of our
 * choice and another program takes one of them first, it all starts over with others.
 */
export async function withHost<T>(
	{ ports, proxied }: HostOptions,
	start: (host: Host, sites: readonly Site[]) => Promise<T>,
): Promise<T> {
	for (let attempt = 1; ; attempt++) {
		const chosen = typeof ports === "number" ? await freePorts(ports) : ports;
		const host = await openHost(chosen);
		const sites = await Promise.all(
			chosen.map((port, index) => siteAt(port, index < proxied, chosen.length > 1)),
		);
		try {
			return await start(host, sites);
		} catch (error) {
			await Promise.all(sites.map(({ proxy }) => proxy?.stop()));
			await host.close();
			const taken = error instanceof ServerStartError && /address already in use/i.test(error.log);
			if (!taken || typeof ports !== "number" || attempt === ATTEMPTS) throw error;
		}
	}
}
