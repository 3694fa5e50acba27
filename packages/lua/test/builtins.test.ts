import {
	type Command,
	del,
	get,
	getBuffer,
	lpush,
	mget,
	pexpire,
	pttl,
	type RedisPort,
	raw,
	scriptLoad,
	set,
} from "@rk/client";
import { beforeEach, describe, expect, inject, onTestFinished, test } from "vitest";
import {
	type AnyScript,
	compareAndDelete,
	compareAndSet,
	createScripts,
	getAndExpire,
	incrWithCap,
	multiSet,
	setIfGreater,
	type Transfer,
	type Transferred,
	tagged,
	transfer,
} from "../src/index.ts";
import { adapters, forThisTest } from "./adapters.ts";

const at = tagged("lua", "builtins");
const key = at("key");
const [a, b, receipt] = [at("a"), at("b"), at("receipt")];
const LARGEST = 2 ** 53 - 49;

/** Sends the script itself, or what `createScripts` makes of it: where the server has a native command, that. */
const ways = [
	{ way: "as a command", native: false },
	{ way: "as a method", native: true },
];

describe.each(adapters)("over $name", ({ connect }) => {
	describe.each(ways)("$way", ({ native }) => {
		let redis: RedisPort;
		beforeEach(async () => {
			redis = await forThisTest(connect(inject("redisUrl")));
			await redis.command(del([key, a, b, receipt]));
		});

		/** One call, of which the error is what a method's would be. */
		const run = async <R>(command: Command<R>, script: AnyScript, method: () => Promise<R>): Promise<R> => {
			if (native) return method();
			try {
				return await redis.command(command);
			} catch (error) {
				throw script.explain(error);
			}
		};
		const cas = (args: Parameters<typeof compareAndSet>[1]): Promise<boolean> =>
			run(compareAndSet({ key }, args), compareAndSet, () =>
				createScripts(redis, { compareAndSet }).compareAndSet({ key }, args),
			);
		const cad = (expected: string | Buffer): Promise<boolean> =>
			run(compareAndDelete({ key }, { expected }), compareAndDelete, () =>
				createScripts(redis, { compareAndDelete }).compareAndDelete({ key }, { expected }),
			);
		const capped = (args: Parameters<typeof incrWithCap>[1]): Promise<number> =>
			run(incrWithCap({ counter: key }, args), incrWithCap, () =>
				createScripts(redis, { incrWithCap }).incrWithCap({ counter: key }, args),
			);
		const greater = (args: Parameters<typeof setIfGreater>[1]): Promise<boolean> =>
			run(setIfGreater({ key }, args), setIfGreater, () =>
				createScripts(redis, { setIfGreater }).setIfGreater({ key }, args),
			);
		const move = (request: Transfer): Promise<Transferred> =>
			run(transfer(request), transfer, () => createScripts(redis, { transfer }).transfer(request));

		test("a value is set only where it is what was expected, byte for byte, and keeps its time to live", async () => {
			expect(await cas({ expected: "", value: "x" })).toBe(false);
			expect(await redis.command(get(key))).toBeNull();
			await redis.command(set(key, Buffer.of(0, 255), { ttlMs: 60_000 }));
			expect(await cas({ expected: Buffer.of(0, 254), value: "no" })).toBe(false);
			expect(await cas({ expected: Buffer.of(0, 255), value: Buffer.of(255, 0) })).toBe(true);
			expect(await redis.command(getBuffer(key))).toEqual(Buffer.of(255, 0));
			expect(await redis.command(pttl(key))).toBeGreaterThan(50_000);
			expect(await cas({ expected: Buffer.of(255, 0), value: "", ttlMs: 5_000 })).toBe(true);
			expect(await redis.command(pttl(key))).toBeLessThanOrEqual(5_000);
			expect(await cas({ expected: "", value: "end" })).toBe(true);
			expect(await redis.command(get(key))).toBe("end");
			await redis.command(set(key, "1"));
			expect(await cas({ expected: "1", value: "2" })).toBe(true);
			expect(await redis.command(pttl(key))).toBe(-1);
		});

		test("a value is deleted only where it is what was expected", async () => {
			expect(await cad("")).toBe(false);
			await redis.command(set(key, "1", { ttlMs: 60_000 }));
			expect(await cad("01")).toBe(false);
			expect(await redis.command(get(key))).toBe("1");
			expect(await cad("1")).toBe(true);
			expect(await redis.command(get(key))).toBeNull();
		});

		test("what is no string is refused as the native commands refuse it", async () => {
			await redis.command(lpush(key, ["item"]));
			await redis.command(pexpire(key, 60_000));
			const refused = { name: "ServerError", code: "WRONGTYPE", outcome: "refused" };
			await expect(cas({ expected: "item", value: "x" })).rejects.toMatchObject(refused);
			await expect(cad("item")).rejects.toMatchObject(refused);
			await expect(capped({ by: 1, cap: 10 })).rejects.toMatchObject(refused);
		});

		// Red (a counter over its cap, and one that never ends) without the comparison, and with PEXPIRE at every call.
		test("a counter stops at its cap, and lives from its first count", async () => {
			expect(await capped({ by: 11, cap: 10, ttlMs: 60_000 })).toBe(-1);
			expect(await redis.command(get(key))).toBeNull();
			expect(await capped({ by: 7, cap: 10, ttlMs: 60_000 })).toBe(7);
			expect(await redis.command(pttl(key))).toBeGreaterThan(50_000);
			expect(await capped({ by: 3, cap: 10, ttlMs: 600_000 })).toBe(10);
			expect(await redis.command(pttl(key))).toBeLessThanOrEqual(60_000);
			expect(await capped({ by: 1, cap: 10 })).toBe(-1);
			expect(await redis.command(get(key))).toBe("10");
			await redis.command(set(key, "-5"));
			expect(await capped({ by: 2, cap: 0, ttlMs: 60_000 })).toBe(-3);
			expect(await redis.command(pttl(key))).toBe(-1);
		});

		test("a counter is exact up to the largest cap, and what is no whole number is refused", async () => {
			await redis.command(set(key, String(LARGEST - 1), { ttlMs: 60_000 }));
			expect(await capped({ by: 2, cap: LARGEST })).toBe(-1);
			expect(await capped({ by: 1, cap: LARGEST })).toBe(LARGEST);
			expect(await capped({ by: LARGEST, cap: LARGEST })).toBe(-1);
			await redis.command(set(key, "9223372036854775807", { ttlMs: 60_000 }));
			expect(await capped({ by: 1, cap: LARGEST })).toBe(-1);
			// Red (-1, or counted and then refused) when the script takes what tonumber() takes.
			const tooLow = String(-(2 ** 53));
			for (const value of ["1.5", "abc", "", "0x10", "1e1", "inf", "007", "-0", tooLow]) {
				await redis.command(set(key, value, { ttlMs: 60_000 }));
				await expect(capped({ by: 1, cap: 10 })).rejects.toMatchObject({ code: "ERR", outcome: "refused" });
				expect(await redis.command(get(key))).toBe(value);
			}
			for (const by of [0, -1, 0.5, 2 ** 53]) {
				expect(() => incrWithCap({ counter: key }, { by, cap: 1 })).toThrow(/args\.by/);
			}
		});

		test("a number is set only where it is greater than the one that is there", async () => {
			expect(await greater({ value: -5, ttlMs: 60_000 })).toBe(true);
			expect(await greater({ value: -5 })).toBe(false);
			expect(await greater({ value: -4.5 })).toBe(true);
			expect(await redis.command(pttl(key))).toBeGreaterThan(50_000);
			expect(await greater({ value: 1e21, ttlMs: 5_000 })).toBe(true);
			expect(await redis.command(pttl(key))).toBeLessThanOrEqual(5_000);
			expect(Number(await redis.command(get(key)))).toBe(1e21);
			expect(await greater({ value: 5, ttlMs: 60_000 })).toBe(false);
			expect(await redis.command(pttl(key))).toBeLessThanOrEqual(5_000);
			for (const value of ["not a number", "nan", ""]) {
				await redis.command(set(key, value, { ttlMs: 60_000 }));
				await expect(greater({ value: 1 })).rejects.toMatchObject({ code: "ERR", outcome: "refused" });
				expect(await redis.command(get(key))).toBe(value);
			}
		});

		test("reading a value gives it more time", async () => {
			const read = (ttlMs: number): Promise<Buffer | null> =>
				run(getAndExpire({ key }, { ttlMs }), getAndExpire, () =>
					createScripts(redis, { getAndExpire }).getAndExpire({ key }, { ttlMs }),
				);
			expect(await read(5_000)).toBeNull();
			await redis.command(set(key, Buffer.of(0, 255), { ttlMs: 5_000 }));
			expect(await read(60_000)).toEqual(Buffer.of(0, 255));
			expect(await redis.command(pttl(key))).toBeGreaterThan(50_000);
			expect(() => getAndExpire({ key }, { ttlMs: 0 })).toThrow(/args\.ttlMs/);
		});

		test("a transfer is remembered whatever bytes its keys are made of", async () => {
			const [from, to, idempotencyKey] = [1, 2, 3].map((n) =>
				Buffer.from([...Buffer.from(a), 0, 10, 255, n]),
			);
			if (from === undefined || to === undefined) expect.fail("no keys");
			const request = { from, to, amount: 60, idempotencyKey, idempotencyTtlMs: 5_000 };
			await redis.command(del([to, ...(idempotencyKey === undefined ? [] : [idempotencyKey])]));
			await redis.command(set(from, "100", { ttlMs: 5_000 }));
			expect(await move(request)).toEqual({ from: 40, to: 60, repeated: false });
			expect(await move(request)).toEqual({ from: 40, to: 60, repeated: true });
			await redis.command(del(to));
		});

		test("many keys are set at once, each with its value and a time to live if asked", async () => {
			const setAll = (values: readonly (string | Buffer)[], ttlMs?: number): Promise<void> =>
				run(multiSet({ keys: [a, b] }, { values, ttlMs }), multiSet, () =>
					createScripts(redis, { multiSet }).multiSet({ keys: [a, b] }, { values, ttlMs }),
				);
			await setAll(["1", Buffer.of(255)], 60_000);
			expect(await redis.command(get(a))).toBe("1");
			expect(await redis.command(getBuffer(b))).toEqual(Buffer.of(255));
			expect(await redis.command(pttl(b))).toBeGreaterThan(50_000);
			await setAll(["", "2"]);
			expect([await redis.command(get(a)), await redis.command(pttl(b))]).toEqual(["", -1]);
			expect(() => multiSet({ keys: [a, b] }, { values: ["1"] })).toThrow(/args\.values/);
			expect(() => multiSet({ keys: [] }, { values: [] })).toThrow(/keys\.keys/);
			expect(() => multiSet({ keys: ["x", "y"] }, { values: ["1", "2"] })).toThrow(/different slots/);
		});

		test("a transfer changes both balances or neither", async () => {
			await redis.command(set(a, "100", { ttlMs: 60_000 }));
			expect(await move({ from: a, to: b, amount: 30 })).toEqual({ from: 70, to: 30, repeated: false });
			const tooMuch = { code: "RK_INSUFFICIENT_FUNDS", outcome: "refused", balance: 70 };
			await expect(move({ from: a, to: b, amount: 71 })).rejects.toMatchObject(tooMuch);
			expect([await redis.command(get(a)), await redis.command(get(b))]).toEqual(["70", "30"]);
			expect(await redis.command(pttl(a))).toBeGreaterThan(50_000);
			await expect(move({ from: at("none"), to: b, amount: 1 })).rejects.toMatchObject({ balance: 0 });
			for (const amount of [0, -1, 0.5, Number.NaN, 2 ** 53]) {
				expect(() => transfer({ from: a, to: b, amount })).toThrow(/^amount is/);
			}
			expect(() => transfer({ from: "a\ud800", to: b, amount: 1 })).toThrow(/^from is/);
			const idempotencyTtlMs = 0;
			expect(() => transfer({ from: a, to: b, amount: 1, idempotencyTtlMs })).toThrow(/^idempotencyTtlMs is/);
			expect(() => transfer({ from: a, to: Buffer.from(a), amount: 1 })).toThrow(/another key/);
			expect(() => transfer({ from: a, to: b, idempotencyKey: a, amount: 1 })).toThrow(/another key/);
			expect(() => transfer({ from: "x", to: "y", amount: 1 })).toThrow(/different slots/);
		});

		test("balances at the edge are exact, or refused before anything is moved", async () => {
			const most = 2 ** 53 - 1;
			await redis.command(set(a, String(most), { ttlMs: 60_000 }));
			await redis.command(set(b, "1", { ttlMs: 60_000 }));
			await expect(move({ from: a, to: b, amount: most })).rejects.toMatchObject({ code: "RKBALANCE" });
			expect(await move({ from: a, to: b, amount: most - 1 })).toEqual({
				from: 1,
				to: most,
				repeated: false,
			});
			expect([await redis.command(get(a)), await redis.command(get(b))]).toEqual(["1", String(most)]);
			// Red (taken from one, added to none) when "007" counts as a balance and INCRBY is to add to it.
			for (const value of ["1.5", "", "1e3", "9007199254740993", "007", "-0"]) {
				await redis.command(set(b, value, { ttlMs: 60_000 }));
				await expect(move({ from: a, to: b, amount: 1 })).rejects.toMatchObject({ code: "RKBALANCE" });
				expect([await redis.command(get(a)), await redis.command(get(b))]).toEqual(["1", value]);
			}
		});

		// Red (moved twice) when the script does not look for the record.
		test("a transfer with an idempotency key happens once, and its key stands for no other", async () => {
			await redis.command(set(a, "100", { ttlMs: 60_000 }));
			const request = { from: a, to: b, amount: 60, idempotencyKey: receipt };
			await expect(move({ ...request, amount: 101 })).rejects.toMatchObject({ balance: 100 });
			expect(await move(request)).toEqual({ from: 40, to: 60, repeated: false });
			expect(await move(request)).toEqual({ from: 40, to: 60, repeated: true });
			await redis.command(set(b, "0", { ttlMs: 60_000 }));
			expect(await move(request)).toEqual({ from: 40, to: 60, repeated: true });
			const mismatch = { code: "RK_IDEMPOTENCY_MISMATCH", outcome: "refused" };
			await expect(move({ ...request, amount: 1 })).rejects.toMatchObject(mismatch);
			await expect(move({ ...request, from: b, to: a })).rejects.toMatchObject(mismatch);
			expect([await redis.command(get(a)), await redis.command(get(b))]).toEqual(["40", "0"]);
			await redis.command(set(receipt, "of somebody else", { ttlMs: 60_000 }));
			await expect(move(request)).rejects.toMatchObject(mismatch);
			expect(await redis.command(get(receipt))).toBe("of somebody else");
			await redis.command(del(receipt));
			await move({ ...request, amount: 1 });
			const left = await redis.command(pttl(receipt));
			expect(left).toBeGreaterThan(86_000_000);
			expect(left).toBeLessThanOrEqual(86_400_000);
		});
	});

	/** A port whose user may use every command but this one, in scripts neither. */
	const without = async (command: string): Promise<RedisPort> => {
		const admin = await forThisTest(connect(inject("redisUrl")));
		const user = `without-${command}`;
		await admin.command(
			raw(["ACL", "SETUSER", user, "reset", "on", ">secret", "~*", "+@all", `-${command}`]),
		);
		onTestFinished(async () => {
			await admin.command(raw(["ACL", "DELUSER", user]));
		});
		await admin.command(del([key, a, b, receipt]));
		await admin.command(set(a, "100", { ttlMs: 60_000 }));
		const url = new URL(inject("redisUrl"));
		url.username = user;
		url.password = "secret";
		return forThisTest(connect(url.href));
	};

	// Red when a script writes by several commands: taken and not added; added and not remembered; a counter that never ends.
	test.each(["incrby", "decrby", "set", "hset", "pexpire"])(
		"a user who may not use %s has all of a script done, or nothing",
		async (command) => {
			const redis = await without(command);
			const admin = await forThisTest(connect(inject("redisUrl")));
			await using scripts = createScripts(redis, { incrWithCap, transfer });
			const moved = await scripts
				.transfer({ from: a, to: b, amount: 60, idempotencyKey: receipt })
				.catch(() => undefined);
			const [from, to, done] = await admin.command(mget([a, b, receipt]));
			expect([from, to, done !== null]).toEqual(
				moved === undefined ? ["100", null, false] : ["40", "60", true],
			);
			const counted = await scripts
				.incrWithCap({ counter: key }, { by: 1, cap: 1, ttlMs: 60_000 })
				.catch(() => 0);
			expect(Number(await admin.command(get(key)))).toBe(counted);
			if (counted > 0) expect(await admin.command(pttl(key))).toBeGreaterThan(50_000);
		},
	);

	test("the server's digest of each script is the one that is sent", async () => {
		const redis = await forThisTest(connect(inject("redisUrl")));
		const all = [
			compareAndDelete,
			compareAndSet,
			getAndExpire,
			incrWithCap,
			multiSet,
			setIfGreater,
			transfer,
		];
		for (const { source, sha1 } of all) expect(await redis.command(scriptLoad(source))).toBe(sha1);
	});
});
