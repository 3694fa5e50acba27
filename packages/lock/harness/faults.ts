import { setTimeout as delay } from "node:timers/promises";
import type { FaultProxy, TestServer } from "@rk/testing";
import type { Arena } from "./arena.ts";
import type { FaultName, Strike } from "./nemesis.ts";

/** Breaks something, and mends it after the strike's time; resolves when all works again. */
type Fault = (arena: Arena, strike: Strike, worker: number) => Promise<void>;

const chosen = <T>(among: readonly T[], which: number | "all"): readonly T[] =>
	which === "all" ? among : among.slice(which, which + 1);

/** Does it to each of the chosen servers. */
async function servers(
	{ servers }: Arena,
	{ server }: Strike,
	verb: (server: TestServer) => Promise<unknown>,
) {
	await Promise.all(chosen(servers, server).map(verb));
}

/** Breaks the chosen of a worker's links, and heals them when the strike's time is over. */
async function links(
	arena: Arena,
	{ server, forMs }: Strike,
	worker: number,
	breaks: (link: FaultProxy) => unknown,
) {
	const broken = chosen(arena.links[worker] ?? [], server);
	await Promise.all(broken.map(breaks));
	await delay(forMs);
	await Promise.all(broken.map((link) => link.heal()));
}

export const FAULTS: Record<FaultName, Fault> = {
	"kill worker": ({ fleet }, _, worker) => fleet.replace(worker),
	async "stop worker"({ fleet }, { forMs }, worker) {
		fleet.signal(worker, "SIGSTOP");
		await delay(forMs);
		fleet.signal(worker, "SIGCONT");
	},
	async "block worker"({ fleet }, { forMs }, worker) {
		fleet.send(worker, { kind: "block", ms: forMs });
		await delay(forMs);
	},
	async "shift clock"({ fleet }, { forMs, chance }, worker) {
		fleet.send(worker, { kind: "shift clock", ms: (chance - 0.5) * 20_000 });
		await delay(forMs);
		fleet.send(worker, { kind: "shift clock", ms: 0 });
	},
	"cut link": (arena, strike, worker) =>
		links(arena, strike, worker, async (link) => {
			await link.refuse(true);
			link.cut();
		}),
	"lose requests": (arena, strike, worker) =>
		links(arena, strike, worker, (link) => link.blackHole("requests")),
	"lose replies": (arena, strike, worker) =>
		links(arena, strike, worker, (link) => link.blackHole("replies")),
	"swallow a reply": (arena, strike, worker) =>
		links(arena, strike, worker, (link) => {
			const nth = 1 + Math.floor(strike.chance * 4);
			void link.swallowReply(([name = ""]) => /^(SET|EVAL|EVALSHA)$/i.test(name), { nth });
		}),
	async "slow replies"(arena, strike, worker) {
		const { forMs } = strike;
		// Long enough for a reply to a lock that was given back, and for one to the next that was asked for.
		await links(arena, { ...strike, forMs: 3 * forMs }, worker, (link) => link.delay(forMs));
		await delay(forMs);
	},
	async "freeze server"(arena, strike) {
		await servers(arena, strike, (server) => server.freeze());
		await delay(strike.forMs);
		await servers(arena, strike, (server) => server.thaw());
	},
	async "restart server"(arena, strike) {
		await servers(arena, strike, (server) => server.kill());
		await delay(strike.forMs);
		await servers(arena, strike, (server) => server.restart());
	},
	"kill clients": (arena, strike) => servers(arena, strike, (server) => server.killClients("normal")),
	"kill subscribers": (arena, strike) => servers(arena, strike, (server) => server.killClients("pubsub")),
	"forget scripts": (arena, strike) => servers(arena, strike, (server) => server.flushScripts()),
	"flush all": (arena, strike) => servers(arena, strike, (server) => server.command("FLUSHALL")),
	failover: (arena) => arena.failover(),
};
