import { get, set } from "@rk/client";
import { startServer, type TestServer } from "@rk/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compareAndDelete, compareAndSet, createScripts } from "../src/index.ts";
import { adapters, forThisTest } from "./adapters.ts";

let server: TestServer;
beforeAll(async () => {
	server = await startServer({ owned: true });
});
afterAll(() => server.stop());

describe.each(adapters)("over $name", ({ connect }) => {
	// Red (OOM for both) without `allowOom` in compareAndDelete; red (both run) when every script has the flag.
	test("a server out of memory refuses a script before it starts, except one that frees memory", async () => {
		const redis = await forThisTest(connect(server.url));
		await using scripts = createScripts(redis, { compareAndDelete, compareAndSet });
		const key = "lua:memory";
		await redis.command(set(key, "old", { ttlMs: 60_000 }));
		await server.command("CONFIG", "SET", "maxmemory", "1");
		try {
			const full = { code: "OOM", outcome: "refused" };
			await expect(scripts.compareAndSet({ key }, { expected: "old", value: "new" })).rejects.toMatchObject(
				full,
			);
			expect(await redis.command(get(key))).toBe("old");
			expect(await scripts.compareAndDelete({ key }, { expected: "old" })).toBe(true);
		} finally {
			await server.command("CONFIG", "SET", "maxmemory", "0");
		}
	});
});
