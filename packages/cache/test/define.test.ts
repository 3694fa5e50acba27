import type { StandardSchemaV1 } from "@standard-schema/spec";
import fc from "fast-check";
import { describe, expect, expectTypeOf, inject, test } from "vitest";
import { keyOfArgument } from "../src/args-key.ts";
import { adapters, cacheOn, freshNamespace, listeningOn, open } from "./redis.ts";

interface User {
	readonly id: number;
	readonly born: Date;
}

/** Text becomes a date; anything else is refused. */
const userSchema: StandardSchemaV1<unknown, User> = {
	"~standard": {
		version: 1,
		vendor: "test",
		validate: (value) => {
			if (typeof value !== "object" || value === null) return { issues: [{ message: "no object" }] };
			const id: unknown = Reflect.get(value, "id");
			const born: unknown = Reflect.get(value, "born");
			if (typeof id !== "number" || typeof born !== "string") return { issues: [{ message: "no user" }] };
			return { value: { id, born: new Date(born) } };
		},
	},
};

describe.each(adapters)("over $name", (adapter) => {
	test("a definition has the key, the loader and the policy in one place", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const cache = await listeningOn(redis);
		let loads = 0;
		const squares = cache.define("square", {
			key: (n: number) => `${n}`,
			load: (n) => ({ n: n * n, load: ++loads }),
		});
		expectTypeOf(squares.get(3)).resolves.toEqualTypeOf<{ n: number; load: number }>();
		expect(await squares.get(3)).toEqual({ n: 9, load: 1 });
		expect(squares.peek(3)).toEqual({ n: 9, load: 1 });
		expect(squares.keyOf(3)).toBe("square:3");
		expect(await squares.refresh(3)).toEqual({ n: 9, load: 2 });
		expect(await squares.get(3)).toEqual({ n: 9, load: 2 });
		await squares.set(3, { n: 10, load: 0 });
		expect(await squares.get(3)).toEqual({ n: 10, load: 0 });
		await squares.delete(3);
		expect(await squares.get(3)).toEqual({ n: 9, load: 3 });
		expect(await squares.getMany([3, 4, 3])).toMatchObject([{ n: 9 }, { n: 16 }, { n: 9 }]);
	});

	test("many are loaded at once where the definition can", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const cache = cacheOn(redis);
		const asked: Array<readonly number[]> = [];
		const doubles = cache.define("double", {
			load: (n: number) => 2 * n,
			loadMany: (ns) => {
				asked.push(ns);
				return ns.map((n) => 2 * n);
			},
		});
		await doubles.get(1);
		expect(await doubles.getMany([1, 2, 3, 2])).toEqual([2, 4, 6, 4]);
		expect(asked).toEqual([[2, 3]]);
	});

	test("a refresh outranks a load that began before it, and others hear of it", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const namespace = freshNamespace();
		let version = 1;
		const definition = { load: () => version };
		const a = (await listeningOn(redis, { namespace })).define("v", definition);
		const b = cacheOn(redis, { namespace, l1: false }).define("v", definition);
		expect(await a.get("k")).toBe(1);
		version = 2;
		expect(await b.get("k")).toBe(1);
		expect(await a.refresh("k")).toBe(2);
		expect(await b.get("k")).toBe(2);
	});

	test("callers get a schema's output, whether loaded, set, or read from Redis", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const namespace = freshNamespace();
		const load = (id: number): User => ({ id, born: new Date(1000 * id) });
		const a = (await listeningOn(redis, { namespace })).define("user", { load, schema: userSchema });
		const b = cacheOn(redis, { namespace, l1: false }).define("user", { load, schema: userSchema });
		expect(await a.get(7)).toEqual({ id: 7, born: new Date(7000) });
		expect(a.peek(7)).toEqual({ id: 7, born: new Date(7000) });
		expect(await b.get(7)).toEqual({ id: 7, born: new Date(7000) });
		await b.set(8, { id: 8, born: new Date(1) });
		expect(await a.get(8)).toEqual({ id: 8, born: new Date(1) });
		expect(await b.getMany([7, 8])).toEqual([await a.get(7), await a.get(8)]);
	});

	test("what does not meet the schema is refused when loaded, and loaded anew when cached", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const cache = cacheOn(redis, { l1: false });
		let loaded: unknown = { id: "7" };
		const users = cache.define("user", { key: String, load: () => loaded, schema: userSchema });
		await expect(users.get(7)).rejects.toMatchObject({
			code: "RK_CACHE_SCHEMA",
			key: "user:7",
			issues: [{ message: "no user" }],
		});
		expect(await cache.get("user:7")).toBeUndefined();
		await cache.set("user:7", { of: "an earlier release" });
		loaded = { id: 7, born: new Date(0) };
		expect(await users.get(7)).toEqual({ id: 7, born: new Date(0) });
		expect(cache.stats().corrupt).toBeGreaterThan(0); // again, if it is read anew before it is deleted
	});

	// Broken on purpose: where what a schema promises is not awaited, callers get the promise's own value, or a corrupt one.
	test("a schema may take its time, and refuse what is cached by then", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const cache = cacheOn(redis, { l1: false });
		const slowly: typeof userSchema = {
			"~standard": {
				version: 1,
				vendor: "rk-test",
				validate: async (value) => {
					await Promise.resolve();
					return userSchema["~standard"].validate(value);
				},
			},
		};
		const load = (id: number): unknown => ({ id, born: new Date(1000 * id) });
		const users = cache.define("user", { key: String, load, schema: slowly });
		expect(await users.get(7)).toEqual({ id: 7, born: new Date(7000) });
		expect(await users.get(7)).toEqual({ id: 7, born: new Date(7000) });
		expect(cache.stats()).toMatchObject({ loads: 1, l2Hits: 1 });
		await cache.set("user:7", { of: "an earlier release" });
		expect(await users.get(7)).toEqual({ id: 7, born: new Date(7000) });
		expect(cache.stats().corrupt).toBeGreaterThan(0);
	});

	test("a definition's tags reach its values", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const cache = cacheOn(redis, { l1: false });
		let loads = 0;
		const users = cache.define("user", {
			load: (_id: number) => ++loads,
			tags: (id) => [`user ${id}`, "users"],
		});
		expect(await users.getMany([1, 2])).toEqual([1, 2]);
		await cache.invalidateTag("user 1");
		expect(await users.getMany([1, 2])).toEqual([3, 2]);
	});
});

describe("the key of an argument", () => {
	test("equal values have the same key, whatever the order of their properties", () => {
		const ordered = fc.dictionary(fc.string(), fc.oneof(fc.integer(), fc.string(), fc.constant(undefined)));
		fc.assert(
			fc.property(ordered, (object) => {
				const reversed = Object.fromEntries(Object.entries(object).reverse());
				expect(keyOfArgument(reversed)).toBe(keyOfArgument({ ...object }));
			}),
		);
	});

	test("different values have different keys", () => {
		const values = [
			undefined,
			null,
			"null",
			1,
			"1",
			1n,
			true,
			"true",
			[],
			{},
			[undefined],
			[null],
			[[]],
			{ a: undefined },
			{ a: null },
			new Date(1),
			new Map(),
			new Set(),
			new Map([[1, 2]]),
			new Map([["1", 2]]),
			new Set([1]),
			["a", "b"],
			["a,b"],
			{ a: 1, b: 2 },
			{ "a:1,b": 2 },
			Buffer.from("a"),
			new Uint16Array([97]),
			Number.NaN,
		];
		expect(new Set(values.map(keyOfArgument)).size).toBe(values.length);
		const numbers = Array.from({ length: 20_000 }, (_, i) => keyOfArgument({ id: i, text: "x".repeat(200) }));
		expect(new Set(numbers).size).toBe(numbers.length);
		expect(numbers[0]?.length).toBeLessThan(50);
	});

	test("what has no canonical text is refused", () => {
		const cycle: unknown[] = [];
		cycle.push(cycle);
		class Own {}
		for (const value of [() => 1, Symbol("s"), cycle, new Own()])
			expect(() => keyOfArgument(value)).toThrow(expect.objectContaining({ code: "RK_INVALID_ARGUMENT" }));
	});
});
