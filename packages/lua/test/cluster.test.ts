import { CrossSlotError, get, keyInSlot, set, slotOf } from "@rk/client";
import { startCluster, type TestCluster } from "@rk/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createScripts, defineScript, multiSet, optional, tagged, text, transfer } from "../src/index.ts";
import { adapters, errorOf, forThisTest } from "./adapters.ts";

let cluster: TestCluster;
beforeAll(async () => {
	cluster = await startCluster({ masters: 3 });
});
afterAll(() => cluster.stop());

describe.each(adapters)("over $name", ({ name, connectCluster }) => {
	const at = tagged("lua", "cluster", name);
	/** A key of another slot on the same server, which so has it. */
	const neighbour = keyInSlot((slotOf(at()) + 1) % 16_384);
	const reader = (strict: boolean) =>
		defineScript({
			name: "reader",
			keys: ["key"],
			args: { other: text },
			reply: optional(text),
			strict,
			// A key that comes out of a table, so that no static check can see what it is.
			lua: `redis.call("GET", KEYS[1])\nlocal keys = {ARGV[1]}\nreturn redis.call("GET", keys[1])`,
		});

	// Red (the value of the other key) without the #!lua line: the server takes scripts without one for old, and lets them.
	test("the server refuses a key of another slot that the script did not declare", async () => {
		const redis = await forThisTest(connectCluster(cluster.nodes));
		await redis.batch([set(neighbour, "other", { ttlMs: 60_000 }), set(at(), "own", { ttlMs: 60_000 })]);
		for (const strict of [true, false]) {
			const scripts = createScripts(redis, { reader: reader(strict) });
			const error = await errorOf(() => scripts.reader({ key: at() }, { other: neighbour }));
			expect(error).toMatchObject({ code: "RK_LUA_ERROR", file: "reader.lua", line: 3 });
			expect(String(error)).toMatch(/do not hash to the same slot|undeclared|non local key/);
		}
	});

	test("a script runs on the master of its keys, in batches too, and across slots key by key", async () => {
		const redis = await forThisTest(connectCluster(cluster.nodes));
		const tags = Array.from({ length: 12 }, (_, i) => tagged("lua", name, i));
		expect(new Set(tags.map((tag) => redis.topology.masterOf(slotOf(tag()))))).toHaveProperty("size", 3);
		const results = await redis.batch(
			tags.map((tag, i) =>
				multiSet({ keys: [tag("a"), tag("b")] }, { values: [`${i}`, "b"], ttlMs: 60_000 }),
			),
		);
		expect(results.filter((result) => result instanceof Error)).toEqual([]);
		expect(await redis.batch(tags.map((tag) => get(tag("a"))))).toEqual(tags.map((_, i) => `${i}`));
	});

	test("keys of different slots are refused before anything is sent, and named", async () => {
		const redis = await forThisTest(connectCluster(cluster.nodes));
		const scripts = createScripts(redis, { transfer });
		const error = await errorOf(() => scripts.transfer({ from: at(), to: neighbour, amount: 1 }));
		expect(error).toBeInstanceOf(CrossSlotError);
		expect(error).toMatchObject({ keys: [at(), neighbour], outcome: "not-sent" });
	});
});
