import { describe, expect, inject, onTestFinished, test } from "vitest";
import {
	type Adapter,
	adapters,
	freshNamespace,
	listeningOn,
	open,
	slow,
	type TestCache,
	until,
} from "./redis.ts";
import { type Relay, startRelay } from "./support/relay.ts";

/*
 * What another process invalidates is heard over one connection, and what was there before comes over another one, later. Each test
 * holds a reply that the server has made, until the news of an invalidation that came after it is there.
 */
interface Scene {
	readonly relay: Relay;
	/** Its replies can be held. */
	readonly here: TestCache;
	readonly elsewhere: TestCache;
	readonly namespaceToken: string;
	readonly tagToken: string;
	/** A key, as part of a command. */
	valueKey(key: string): string;
}

async function scene(adapter: Adapter, options: object = {}): Promise<Scene> {
	const relay = await startRelay(inject("redisUrl"));
	onTestFinished(() => relay[Symbol.asyncDispose]());
	const namespace = freshNamespace();
	const patience = { hardTimeoutMs: 600_000, leaseWaitMs: 600_000, leaseMs: 600_000 };
	const all = { namespace, heartbeatMs: 600_000, redisTimeoutMs: 600_000, ...patience, ...options };
	const here = await listeningOn(await open(adapter, relay.url), all);
	const elsewhere = await listeningOn(await open(adapter, inject("redisUrl")), all);
	return {
		relay,
		here,
		elsewhere,
		namespaceToken: `{${namespace}}:n`,
		tagToken: `{${namespace}}:t:t`,
		valueKey: (key) => `{${namespace}:${key}}`,
	};
}

/** Resolves when the cache has heard of so many invalidations of this kind by others, in all. */
function heard(cache: TestCache, operation: string, times = 1): Promise<void> {
	return until(() => {
		const all = cache.events.filter((one) => one.type === "invalidated" && one.remote);
		return all.filter((one) => "operation" in one && one.operation === operation).length >= times;
	});
}

const tagged = { tags: ["t"] };

describe.each(adapters)("over $name", (adapter) => {
	// Broken on purpose: where Reader.#compare takes each tag as it is by then, in the place of `ref`, "old" is in memory.
	describe.each(["invalidateTag", "expireTag"] as const)(
		"a value whose tokens were read before %s, and came after it, is not kept in memory",
		(operation) => {
			test.each(["get", "getOrLoad", "getMany", "getOrLoadMany"] as const)("by %s", async (verb) => {
				const { relay, here, elsewhere, tagToken } = await scene(adapter);
				await elsewhere.set("k", "old", tagged);
				await heard(here, "set");
				const read = {
					get: () => here.get("k"),
					getMany: () => here.getMany(["k"]),
					getOrLoad: () => here.getOrLoad("k", () => "new", tagged),
					getOrLoadMany: () => here.getOrLoadMany(["k"], () => ["new"], tagged),
				};
				const answered = relay.holdAfter(tagToken);
				const reading = read[verb]();
				await answered;
				await elsewhere[operation]("t");
				await heard(here, operation);
				relay.release();
				expect([await reading].flat()).toEqual(["old"]); // it began before
				expect(here.peek("k")).toBeUndefined();
				expect(await here.get("k")).toBeUndefined();
				expect(await here.getOrLoad("k", () => "new", tagged)).toBe("new");
			});

			test("by one who was about to load it himself", async () => {
				const { relay, here, elsewhere, tagToken } = await scene(adapter);
				await elsewhere.set("unrelated", 1, tagged); // the scripts and tokens are there
				const miss = relay.holdAfter(tagToken);
				const reading = here.getOrLoad("k", () => "new", tagged);
				await miss;
				expect(await elsewhere.getOrLoad("k", () => "old", tagged)).toBe("old");
				const found = relay.holdAfter(tagToken);
				relay.release();
				await found;
				await elsewhere[operation]("t");
				await heard(here, operation);
				relay.release();
				expect(await reading).toBe("old");
				expect(here.peek("k")).toBeUndefined();
				expect(await here.getOrLoad("k", () => "new", tagged)).toBe("new");
			});
		},
	);

	// Broken on purpose: where Trust.#invalidated cuts only keys that memory has, "old" is in memory.
	test.each(["delete", "set", "expire"] as const)(
		"a value that was read before another process's %s, and came after it, is not kept in memory",
		async (operation) => {
			const { relay, here, elsewhere, valueKey } = await scene(adapter);
			await elsewhere.set("k", "old");
			await heard(here, "set");
			const answered = relay.holdAfter(valueKey("k"));
			const reading = here.get("k");
			await answered;
			if (operation === "set") await elsewhere.set("k", "new");
			else await elsewhere[operation]("k");
			await heard(here, operation, operation === "set" ? 2 : 1);
			relay.release();
			expect(await reading).toBe("old"); // it began before
			expect(here.peek("k")).toBeUndefined();
			expect(await here.getOrLoad("k", () => "new")).toBe("new");
		},
	);

	// Broken on purpose: without `if (last)` in Writes.renewTag and Writes.clear, "old" is served.
	test.each(["invalidateTag", "clear"] as const)(
		"the token of one's own %s is not relied on when another process's, which was later, was heard of sooner",
		async (operation) => {
			const { relay, here, elsewhere, namespaceToken, tagToken } = await scene(adapter);
			const invalidate = (cache: TestCache): Promise<void> =>
				operation === "clear" ? cache.clear() : cache.invalidateTag("t");
			const options = operation === "clear" ? {} : tagged; // whose token is read again
			await invalidate(elsewhere); // the script is there
			await heard(here, operation);
			const answered = relay.holdAfter(operation === "clear" ? namespaceToken : tagToken);
			const own = invalidate(here);
			await answered;
			await heard(elsewhere, operation);
			await elsewhere.set("k", "old", options);
			await invalidate(elsewhere);
			await heard(here, operation, 2);
			relay.release();
			await own;
			expect(await here.get("k")).toBeUndefined();
			expect(await here.getOrLoad("k", () => "new", options)).toBe("new");
		},
	);

	// Broken on purpose: where Bulk.load begins the refresh with the entry that it found, in the place of `late: undefined`, "old" is served.
	test("what many keys were read with is not served behind a delete by the refresh that they begin", async () => {
		let now = Date.now();
		const policy = { clock: () => now, ttlMs: 1_000, jitter: 0, staleMs: 3_600_000 };
		const { relay, here, elsewhere, valueKey } = await scene(adapter, policy);
		await elsewhere.set("k", "old");
		await heard(here, "set");
		now += 1_000;
		const many = ["k", ...Array.from({ length: 300 }, (_, i) => `other ${i}`)];
		const refresh = slow<string>();
		const answered = relay.holdAfter(valueKey("other 299"));
		const reading = here.getOrLoadMany(many, async (keys) =>
			keys[0] === "k" ? [await refresh.load()] : keys.map(() => "loaded"),
		);
		await answered;
		await elsewhere.delete("k");
		await heard(here, "delete");
		relay.release();
		expect((await reading)[0]).toBe("old"); // it began before
		await refresh.begun;
		const later = here.getOrLoad("k", () => "another");
		refresh.end.open("new");
		expect(await later).toBe("new");
	});
});
