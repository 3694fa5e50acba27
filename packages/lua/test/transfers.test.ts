import { CommandError, mget, type RedisPort, set } from "@rk/client";
import { type FaultProxy, startCluster, startServer, type TestCluster, type TestServer } from "@rk/testing";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { createScripts, InsufficientFundsError, type Transferred, tagged, transfer } from "../src/index.ts";
import { adapters, forThisTest } from "./adapters.ts";
import { randomFrom } from "./random.ts";

let server: TestServer;
let cluster: TestCluster;
beforeAll(async () => {
	[server, cluster] = await Promise.all([
		startServer({ proxied: true, owned: true }),
		startCluster({ masters: 3, proxied: true }),
	]);
});
afterEach(() => Promise.all([server.proxy, ...cluster.proxies].map((proxy) => proxy?.heal())));
afterAll(() => Promise.all([server.stop(), cluster.stop()]));

const ACCOUNTS = 10;
const TRANSFERS = 200;
const START = 100;
const CUTS = 6;

const where = ["one server", "a cluster"] as const;

describe.each(adapters)("over $name", ({ name, connect, connectCluster }) => {
	describe.each(where)("on %s", (place) => {
		const open = (): Promise<RedisPort> =>
			forThisTest(place === "one server" ? connect(server.url) : connectCluster(cluster.nodes));
		/** What stands before the server of a slot. */
		const proxyOf = async (redis: RedisPort, key: string): Promise<FaultProxy> => {
			const owner = place === "one server" ? server : await cluster.ownerOf(redis.topology.slotOf(key));
			return owner.proxy ?? expect.fail("there is no proxy");
		};

		// Red (balances that differ from what was granted) when the script does not look for the record; red (a negative balance)
		// without its comparison.
		test("random transfers whose connections are cut keep the sum, go below zero nowhere, and happen once", async () => {
			const random = randomFrom(7);
			const redis = await open();
			const scripts = createScripts(redis, { transfer });
			const bank = tagged("lua", "bank", name, place);
			const accounts = Array.from({ length: ACCOUNTS }, (_, i) => bank(i));
			await redis.batch(accounts.map((account) => set(account, String(START), { ttlMs: 600_000 })));
			const proxy = await proxyOf(redis, bank());
			await scripts.preload();

			let cuts = 0;
			const cutAgain = (): void => {
				if (cuts === CUTS) return;
				void proxy.cutAfterReplyBytes(random(600)).then((cut) => {
					if (!cut) return;
					cuts += 1;
					cutAgain();
				});
			};
			cutAgain();

			let retries = 0;
			const expected = new Array<number>(ACCOUNTS).fill(START);
			const one = async (id: number): Promise<Transferred | undefined> => {
				const from = random(ACCOUNTS);
				const to = (from + 1 + random(ACCOUNTS - 1)) % ACCOUNTS;
				const amount = 1 + random(60);
				const request = {
					...{ from: bank(from), to: bank(to), amount },
					...{ idempotencyKey: bank("done", id), idempotencyTtlMs: 600_000 },
				};
				for (;;) {
					try {
						const done = await scripts.transfer(request);
						expected[from] = (expected[from] ?? 0) - amount;
						expected[to] = (expected[to] ?? 0) + amount;
						return done;
					} catch (error) {
						if (error instanceof InsufficientFundsError) return undefined;
						if (!(error instanceof CommandError) || error.outcome === "refused") throw error;
						if (error.code === "RK_CLOSED") throw error;
						retries += 1;
					}
				}
			};
			const results = await Promise.all(Array.from({ length: TRANSFERS }, (_, id) => one(id)));
			await proxy.heal();

			const balances = (await redis.command(mget(accounts))).map(Number);
			expect(balances).toEqual(expected);
			expect(balances.reduce((sum, balance) => sum + balance)).toBe(ACCOUNTS * START);
			expect(Math.min(...balances)).toBeGreaterThanOrEqual(0);
			expect(results.every((done) => done === undefined || (done.from >= 0 && done.to >= 0))).toBe(true);
			expect(cuts).toBe(CUTS);
			// Some had run when their reply was lost: the test is about these.
			expect(results.some((done) => done?.repeated)).toBe(true);
			expect(retries).toBeGreaterThan(CUTS);
		});

		test("a transfer whose reply was lost is told to have been done when it is tried again", async () => {
			const redis = await open();
			const scripts = createScripts(redis, { transfer });
			await scripts.preload();
			const bank = tagged("lua", "lost", name, place);
			await redis.command(set(bank("a"), "100", { ttlMs: 60_000 }));
			const request = { from: bank("a"), to: bank("b"), amount: 60, idempotencyKey: bank("done") };
			const lost = (await proxyOf(redis, bank())).swallowReply("EVALSHA");
			await expect(scripts.transfer(request)).rejects.toMatchObject({ outcome: "unknown" });
			expect(await lost).toBe(true);
			expect(await scripts.transfer(request)).toEqual({ from: 40, to: 60, repeated: true });
			expect(await redis.command(mget([bank("a"), bank("b")]))).toEqual(["40", "60"]);
		});
	});
});
