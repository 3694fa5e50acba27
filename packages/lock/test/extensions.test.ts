import { ping, type RedisPort } from "@rk/client";
import { startCluster } from "@rk/testing";
import { beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
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
			{ reason: { code: "RK_LOCK_NOT_HELD", reason: "taken" } }, // broken on purpose: its words are the reply (WRONGTYPE)
			{ status: "fulfilled" },
		]);
		expect(wrong.lock.isHeld()).toBe(false);
		expect(await server.command("PTTL", stolen.at)).toBeLessThanOrEqual(5_000);
		expect(await server.command("PTTL", held.at)).toBeGreaterThan(50_000);
	});

	// Red when all of a turn share a script, and so the deadline of the first.
	test("one whose time is short does not cut that of the others", async () => {
		const locks = locksOn(redis, { watchdog: false });
		const brief = await taken(locks, freshKey(), { ttlMs: 1_500 });
		const long = await taken(locks, freshKey(), { ttlMs: 60_000 });
		await server.freeze();
		const before = server.proxy.count(callOf(extend));
		const results = Promise.allSettled([brief.extend(), long.extend()]);
		await until(() => server.proxy.count(callOf(extend)) === before + 2); // on a busy machine they come late
		await brief.lost;
		expect(await brief.extend().catch((error: unknown) => error)).toMatchObject({ code: "RK_LOCK_NOT_HELD" });
		const attempts = server.proxy.count(callOf(extend));
		await server.thaw();
		expect(await results).toMatchObject([{ status: "rejected" }, { status: "fulfilled" }]);
		expect(server.proxy.count(callOf(extend))).toBe(attempts); // the one that waited was answered
	});
});

// Red when locks of a slot share a script: that of the slot that moves is told to try again, until its time is over.
test.each(adapters)(
	"in a cluster locks are extended in any slots, and in one that is half moved: over $name",
	async (adapter) => {
		const cluster = await startCluster({ masters: 3 });
		onTestFinished(() => cluster.stop());
		const redis = await openCluster(adapter, cluster.nodes);
		// No time passes, so that all have the same left, and would share a script elsewhere.
		const clock = { monotonicMs: () => 0, wallMs: () => 0 };
		const locks = locksOn(redis, { layout: "plain", fencing: false, watchdog: false, clock });
		const all = await Promise.all(Array.from({ length: 20 }, () => taken(locks, freshKey())));
		const tag = freshKey();
		const [stays, moves] = await Promise.all([taken(locks, `{${tag}}a`), taken(locks, `{${tag}}b`)]);
		const slot = redis.topology.slotOf(`lock:${moves.key}`);
		const home = await cluster.ownerOf(slot);
		const [away = expect.fail()] = (await cluster.masters()).filter((node) => node !== home);
		await cluster.beginMigration(slot, away, [`lock:${moves.key}`]);
		const sent = vi.spyOn(redis, "command");
		await Promise.all([...all, stays, moves].map((lock) => lock.extend(60_000)));
		for (const lock of [...all, stays, moves]) expect(lock.remaining()).toBeGreaterThan(50_000);
		expect(new Set(sent.mock.calls.map(([{ args }]) => args[2]))).toEqual(new Set(["1"])); // keys of each
	},
);
