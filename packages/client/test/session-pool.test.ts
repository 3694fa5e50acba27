import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { InvalidArgumentError } from "../src/index.ts";
import {
	type Poolable,
	resolveSessionOptions,
	SessionPool,
	type SessionPoolOptions,
} from "../src/session-pool.ts";

interface Fake extends Poolable {
	readonly id: number;
	state: "ready" | "closed";
}

function poolOf(options: SessionPoolOptions, failing = () => false) {
	const made: Fake[] = [];
	const open = async (): Promise<Fake> => {
		if (failing()) throw new Error("refused");
		const connection: Fake = {
			id: made.length,
			state: "ready",
			destroy: () => {
				connection.state = "closed";
			},
		};
		made.push(connection);
		return connection;
	};
	const pool = new SessionPool<Fake>(open, resolveSessionOptions(options));
	return { pool, made };
}

beforeEach(() => {
	vi.useFakeTimers();
});
afterEach(() => {
	vi.useRealTimers();
});

test("a connection that came back clean is lent again, newest first", async () => {
	const { pool, made } = poolOf({});
	const a = await pool.acquire();
	const b = await pool.acquire();
	pool.release(a, true);
	pool.release(b, true);
	expect(await pool.acquire()).toBe(b);
	expect(await pool.acquire()).toBe(a);
	expect(made).toHaveLength(2);
});

test("one that came back soiled, or lost, is destroyed", async () => {
	const { pool, made } = poolOf({});
	const a = await pool.acquire();
	pool.release(a, false);
	expect(a.state).toBe("closed");
	const b = await pool.acquire();
	b.state = "closed";
	pool.release(b, true);
	const c = await pool.acquire();
	pool.release(c, true);
	c.state = "closed"; // while it was idle
	const d = await pool.acquire();
	expect([a.id, b.id, c.id, d.id]).toEqual([0, 1, 2, 3]);
	expect(pool.size).toBe(1);
	expect(made).toHaveLength(4);
});

test("no more than max exist; who comes next waits in order, and gives up in time", async () => {
	const { pool, made } = poolOf({ max: 2, acquireTimeoutMs: 1000 });
	const a = await pool.acquire();
	const b = await pool.acquire();
	const order: string[] = [];
	const first = pool.acquire().then((connection) => {
		order.push("first");
		return connection;
	});
	const second = pool.acquire().then(() => order.push("second"));
	const third = expect(pool.acquire()).rejects.toMatchObject({ code: "RK_TIMEOUT", outcome: "not-sent" });
	pool.release(a, true);
	expect(await first).toBe(a);
	pool.release(b, false); // destroyed: another one is made in its place
	await second;
	expect(order).toEqual(["first", "second"]);
	await vi.advanceTimersByTimeAsync(1001);
	await third;
	expect(made).toHaveLength(3);
	expect(pool.size).toBe(2);
});

test("an abort ends the wait, and the place in the line is free", async () => {
	const { pool } = poolOf({ max: 1 });
	const a = await pool.acquire();
	const abort = new AbortController();
	const waiting = expect(pool.acquire(1000, abort.signal)).rejects.toMatchObject({
		code: "RK_ABORTED",
		cause: "enough",
	});
	const next = pool.acquire();
	abort.abort("enough");
	await waiting;
	await expect(pool.acquire(1000, abort.signal)).rejects.toMatchObject({ code: "RK_ABORTED" });
	pool.release(a, true);
	expect(await next).toBe(a);
});

test("whoever asked gets the reason when no connection can be made", async () => {
	let broken = true;
	const { pool } = poolOf({}, () => broken);
	await expect(pool.acquire()).rejects.toThrow("refused");
	expect(pool.size).toBe(0);
	broken = false;
	expect((await pool.acquire()).state).toBe("ready");
});

test("idle ones beyond maxIdle, too old, or idle too long are closed; minIdle stay", async () => {
	const { pool, made } = poolOf({ maxIdle: 2, minIdle: 1, idleMs: 1000, lifetimeMs: 10_000 });
	const lent = [await pool.acquire(), await pool.acquire(), await pool.acquire()];
	await vi.advanceTimersByTimeAsync(0);
	for (const connection of lent) pool.release(connection, true);
	expect(made.filter(({ state }) => state === "ready").length).toBe(2);
	await vi.advanceTimersByTimeAsync(1100);
	expect(pool.size).toBe(1);
	await vi.advanceTimersByTimeAsync(10_000);
	const fresh = await pool.acquire();
	expect(made.indexOf(fresh)).toBeGreaterThan(2);
});

test("minIdle are kept ready beside the one that is lent", async () => {
	const { pool } = poolOf({ minIdle: 3 });
	await pool.acquire();
	await vi.advanceTimersByTimeAsync(0);
	expect(pool.size).toBe(4);
});

test("an old one is not lent again, and not kept", async () => {
	const { pool } = poolOf({ lifetimeMs: 1000 });
	const a = await pool.acquire();
	await vi.advanceTimersByTimeAsync(1000);
	pool.release(a, true);
	expect(a.state).toBe("closed");
});

test("closing destroys all, fails who waits, and leaves no timer", async () => {
	const { pool, made } = poolOf({ max: 2 });
	const a = await pool.acquire();
	const b = await pool.acquire();
	pool.release(a, true);
	await pool.acquire();
	const waiting = expect(pool.acquire()).rejects.toMatchObject({ code: "RK_CLOSED" });
	pool.close();
	await waiting;
	pool.release(b, true);
	expect(made.every(({ state }) => state === "closed")).toBe(true);
	await expect(pool.acquire()).rejects.toMatchObject({ code: "RK_CLOSED" });
	expect(vi.getTimerCount()).toBe(0);
});

test("a connection that is made while the pool closes is destroyed", async () => {
	const { pool, made } = poolOf({});
	const acquired = expect(pool.acquire()).rejects.toMatchObject({ code: "RK_CLOSED" });
	pool.close();
	await acquired;
	await vi.advanceTimersByTimeAsync(0);
	expect(made.map(({ state }) => state)).toEqual(["closed"]);
});

test.each([
	["sessions.max", { max: 0 }],
	["sessions.max", { max: -1 }],
	["sessions.max", { max: 1.5 }],
	["sessions.minIdle", { minIdle: -1 }],
	["sessions.minIdle", { minIdle: 60 }],
	["sessions.minIdle", { minIdle: 101 }],
	["sessions.maxIdle", { maxIdle: Number.NaN }],
	["sessions.idleMs", { idleMs: 0 }],
	["sessions.lifetimeMs", { lifetimeMs: Number.POSITIVE_INFINITY }],
	["sessions.acquireTimeoutMs", { acquireTimeoutMs: -5 }],
])("%s is checked: %j", (argument, options: SessionPoolOptions) => {
	expect(() => resolveSessionOptions(options)).toThrow(InvalidArgumentError);
	expect(() => resolveSessionOptions(options)).toThrow(argument);
});

test("an option that does not exist is refused", () => {
	const resolve = () => Reflect.apply(resolveSessionOptions, undefined, [{ poolSize: 10 }]);
	expect(resolve).toThrow(/^sessions\.poolSize is 10/);
});
