import { CommandError, get, type RedisPort, ServerError, set } from "@rk/client";
import { startCluster, startServer, type TestCluster, type TestServer } from "@rk/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createScripts, defineScript, int, list, tagged, text } from "../src/index.ts";
import { adapters, forThisTest } from "./adapters.ts";
import { randomFrom } from "./random.ts";

let server: TestServer;
let cluster: TestCluster;
beforeAll(async () => {
	[server, cluster] = await Promise.all([
		startServer({ owned: true, persistence: "aof" }),
		startCluster({ masters: 3, replicas: 1 }),
	]);
});
afterAll(() => Promise.all([server.stop(), cluster.stop()]));

const put = defineScript({
	name: "put",
	keys: ["key"],
	args: { value: text },
	reply: text,
	lua: `redis.call("SET", KEYS[1], ARGV[1], "PX", 600000) return ARGV[1]`,
});
const count = defineScript({
	name: "count",
	keys: ["counter"],
	reply: int,
	lua: `local n = redis.call("INCR", KEYS[1]) redis.call("PEXPIRE", KEYS[1], 600000) return n`,
});
const countBoth = defineScript({
	name: "countBoth",
	keys: ["first", "second"],
	reply: list(int),
	lua: `return {redis.call("INCR", KEYS[1]), redis.call("INCR", KEYS[2])}`,
});

type Fault = () => Promise<unknown>;
const WORKERS = 6;

/** How the faults end: no call may fail but for a lost connection or a server that is not there. */
const NOT_THERE = new Set(["LOADING", "CLUSTERDOWN", "MASTERDOWN", "READONLY", "UNBLOCKED"]);

/** The error is one that a caller must expect: whether it ran is known, or known to be unknown. */
function expected(error: unknown): CommandError {
	if (!(error instanceof CommandError) || error.code === "RK_CLOSED") throw error;
	if (error instanceof ServerError && !NOT_THERE.has(error.code)) throw error;
	return error;
}

/** A count that goes up by one a call, or, when its reply was lost, perhaps. */
class Ledger {
	#least = 0;
	#most = 0;

	done(value: number): void {
		expect(value).toBeGreaterThan(this.#least);
		expect(value).toBeLessThanOrEqual(this.#most + 1);
		this.#least = value;
		this.#most = value;
	}

	failed(error: CommandError): void {
		if (error.outcome === "unknown") this.#most += 1;
	}
}

async function worker(redis: RedisPort, id: string, running: () => boolean): Promise<number> {
	const scripts = createScripts(redis, { count, put });
	const own = tagged("lua", "forgotten", id);
	const single = new Ledger();
	let done = 0;
	for (let round = 0; running(); round++) {
		try {
			single.done(await scripts.count({ counter: own("single") }));
			done += 1;
		} catch (error) {
			single.failed(expected(error));
		}

		const key = own("batch");
		const [one, two] = [`${round}.1`, `${round}.2`];
		const batch = await redis.batch([put({ key }, { value: one }), get(key), set(key, two), get(key)]);
		for (const result of batch) if (result instanceof Error) expected(result);
		if (!batch.some((result) => result instanceof Error)) {
			expect(batch).toEqual([one, one, true, two]);
			done += 1;
		}

		const [first, second] = [own("first"), own("second")];
		try {
			const [a, , both] = await redis.transaction([
				count({ counter: first }),
				count({ counter: second }),
				countBoth({ first, second }),
			]);
			if (typeof a !== "number") throw a;
			expect(both).toEqual([a + 1, a + 1]);
			done += 1;
		} catch (error) {
			expected(error);
		}
	}
	// Whatever was lost: the two were counted together, always.
	const last = await redis.batch([get(own("first")), get(own("second"))]);
	expect(last[0]).toBe(last[1]);
	return done;
}

/** Runs the workers until every fault has happened, and each has done something since. */
async function underLoad(redis: RedisPort, name: string, faults: readonly Fault[]): Promise<void> {
	let over = false;
	const work = Promise.all(
		Array.from({ length: WORKERS }, (_, i) => worker(redis, `${name}:${i}`, () => !over)),
	);
	const inject = async (): Promise<void> => {
		const probe = createScripts(redis, { put });
		try {
			for (const fault of faults) {
				if (over) return;
				await fault();
				// The next fault meets a client that works again.
				for (;;) {
					try {
						await probe.put({ key: `lua:probe:${name}` }, { value: "x" });
						break;
					} catch (error) {
						expected(error);
					}
				}
			}
		} finally {
			over = true;
		}
	};
	try {
		const [done] = await Promise.all([work, inject()]);
		for (const each of done) expect(each).toBeGreaterThan(0);
	} finally {
		over = true;
	}
}

/** In an order that the seed decides. */
function shuffled(faults: readonly Fault[], seed: number): Fault[] {
	const random = randomFrom(seed);
	return faults
		.map((fault) => ({ fault, at: random(1_000) }))
		.sort((a, b) => a.at - b.at)
		.map(({ fault }) => fault);
}

describe.each(adapters)("over $name", ({ name, connect, connectCluster }) => {
	// Red (NOSCRIPT) when the port sends the first use in a batch, or in a transaction, by digest; red (the first GET sees nothing)
	// when it then sends it again, behind the rest of its batch.
	test("scripts that are forgotten at any moment, kills and restarts change no result", async () => {
		const redis = await forThisTest(connect(server.url));
		const flush = (): Promise<void> => server.flushScripts();
		const kill = (): Promise<number> => server.killClients("normal");
		const restart = (): Promise<void> => server.restart();
		const faults = [...Array<Fault>(30).fill(flush), ...Array<Fault>(4).fill(kill), restart, restart];
		await underLoad(redis, `${name}:one`, shuffled(faults, 1));
	});

	test("nor do failovers, moved slots and forgotten scripts in a cluster", async () => {
		const redis = await forThisTest(connectCluster(cluster.nodes));
		const flush = async (): Promise<void> => {
			const masters = await cluster.masters();
			await Promise.all(masters.map((master) => master.flushScripts()));
		};
		const random = randomFrom(3);
		const slotInUse = (): number =>
			redis.topology.slotOf(tagged("lua", "forgotten", `${name}:cluster:${random(WORKERS)}`)());
		const failover = (): Promise<unknown> => cluster.failover(slotInUse());
		const move = async (): Promise<void> => {
			const slot = slotInUse();
			const owner = await cluster.ownerOf(slot);
			const others = (await cluster.masters()).filter(({ id }) => id !== owner.id);
			const to = others[random(others.length)];
			if (to !== undefined) await cluster.moveSlot(slot, to);
		};
		const faults = [...Array<Fault>(20).fill(flush), ...Array<Fault>(4).fill(move), failover, failover];
		await underLoad(redis, `${name}:cluster`, shuffled(faults, 2));
	});

	test("a flush before a call, a batch, a transaction or a session is not seen", async () => {
		const redis = await forThisTest(connect(server.url));
		const key = `lua:between:${name}`;
		const scripts = createScripts(redis, { put });
		for (let i = 0; i < 5; i++) {
			await server.flushScripts();
			expect(await scripts.put({ key }, { value: "alone" })).toBe("alone");
			await server.flushScripts();
			const uses = [
				put({ key }, { value: "1" }),
				get(key),
				set(key, "2"),
				put({ key }, { value: "3" }),
				get(key),
			];
			expect(await redis.batch(uses)).toEqual(["1", "1", true, "3", "3"]);
			await server.flushScripts();
			expect(await redis.transaction(uses)).toEqual(["1", "1", true, "3", "3"]);
			await server.flushScripts();
			const inSession = redis.session(key, (own) => own.command(put({ key }, { value: "own" })));
			expect(await inSession).toBe("own");
		}
	});
});
