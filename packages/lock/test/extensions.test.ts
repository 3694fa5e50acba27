import { ping, type RedisPort } from "@rk/client";
import { startCluster } from "@rk/testing";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { richNames } from "../src/names.ts";
import { extend } from "../src/scripts.ts";
import {
	adapters,
	callOf,
	freshKey,
	locksOn,
	open,
	openCluster,
	proxiedServer,
	taken,
	until,
} from "./redis.ts";

const server = await proxiedServer();

describe.each(adapters)("over $name", (adapter) => {
	let redis: RedisPort;
	beforeEach(async () => {
		redis = await open(adapter, server.url);
	});

	/** As many locks, each taken and extended once, so that the server knows the script. */
	async function several(count: number): Promise<Awaited<ReturnType<typeof taken>>[]> {
		const locks = locksOn(redis, { watchdog: false });
		const all = await Promise.all(Array.from({ length: count }, () => taken(locks, freshKey())));
		await all[0]?.extend();
		return all;
	}

	// Red with 250 scripts when each is sent on its own.
	test("after a reconnect, all locks are looked at by scripts of up to 100", async () => {
		const locks = await several(250);
		const before = server.proxy.count(callOf(extend));
		const scripts = (): number => server.proxy.count(callOf(extend)) - before;
		server.proxy.cut();
		await until(() => scripts() >= 3);
		await redis.command(ping()); // behind all that they sent
		expect(scripts()).toBeLessThan(10); // a connection may be told to be up twice
		expect(locks.every((lock) => lock.isHeld())).toBe(true);
	});

	// Red when `redis.call` reads the values: all four fail with the one that cannot be read.
	test("one that is gone, another's, or no lock any more does not disturb the others", async () => {
		const [gone, stolen, wrong, held] = (await several(4)).map((lock) => ({
			lock,
			at: richNames("lock:", lock.key).lock,
		}));
		if (!gone || !stolen || !wrong || !held) return expect.fail();
		await server.command("DEL", gone.at, wrong.at);
		await server.command("SET", stolen.at, "theirs|1|", "PX", 5_000);
		await server.command("LPUSH", wrong.at, "x");
		const results = await Promise.allSettled(
			[gone, stolen, wrong, held].map(({ lock }) => lock.extend(60_000)),
		);
		expect(results).toMatchObject([
			{ reason: { code: "RK_LOCK_NOT_HELD", reason: "expired" } },
			{ reason: { code: "RK_LOCK_NOT_HELD", reason: "taken" } },
			{ reason: { code: "WRONGTYPE", outcome: "refused" } },
			{ status: "fulfilled" },
		]);
		expect(await server.command("PTTL", stolen.at)).toBeLessThanOrEqual(5_000);
		expect(await server.command("PTTL", held.at)).toBeGreaterThan(50_000);
	});

	// Red when all of a turn share a script, and so the deadline of the first.
	test("one whose time is short does not cut that of the others", async () => {
		const locks = locksOn(redis, { watchdog: false });
		const brief = await taken(locks, freshKey(), { ttlMs: 400 });
		const long = await taken(locks, freshKey(), { ttlMs: 60_000 });
		await server.freeze();
		const results = Promise.allSettled([brief.extend(), long.extend()]);
		await brief.lost;
		expect(await brief.extend().catch((error: unknown) => error)).toMatchObject({ code: "RK_LOCK_NOT_HELD" });
		const attempts = server.proxy.count(callOf(extend));
		await server.thaw();
		expect(await results).toMatchObject([{ status: "rejected" }, { status: "fulfilled" }]);
		expect(server.proxy.count(callOf(extend))).toBe(attempts); // the one that waited was answered
	});
});

// Red (CROSSSLOT, nothing extended) when locks of several slots share a script.
test.each(adapters)("in a cluster, locks of one slot share a script: over $name", async (adapter) => {
	const cluster = await startCluster({ masters: 3 });
	onTestFinished(() => cluster.stop());
	const locks = locksOn(await openCluster(adapter, cluster.nodes), { watchdog: false });
	const all = await Promise.all(Array.from({ length: 20 }, () => taken(locks, freshKey())));
	await Promise.all(all.map((lock) => lock.extend(60_000)));
	expect(all.every((lock) => lock.remaining() > 50_000)).toBe(true);
});
