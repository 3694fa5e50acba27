import { getEventListeners } from "node:events";
import { setImmediate as nextTurn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { defineScript, get, integer, ping, type RedisPort, raw, type SubscriptionGap } from "@rk/client";
import { type FaultProxy, startServer, type TestServer } from "@rk/testing";
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { ioredisPort } from "../src/index.ts";
import type { NativeRedis } from "../src/native.ts";
import { libraries } from "./clients.ts";
import { next, until } from "./links.ts";

// What the port itself must do, whichever client it is over: one will do here.
const library = libraries[0] ?? expect.fail("there is no library");

let server: TestServer;
let proxy: FaultProxy;
beforeAll(async () => {
	server = await startServer({ proxied: true, owned: true });
	proxy = server.proxy ?? expect.fail("the server has no proxy");
});
afterEach(() => proxy.heal());
afterAll(() => server.stop());

function clientOf(options: object = {}): NativeRedis {
	const client = library.redis({ host: server.host, port: server.port, retryStrategy: () => 20, ...options });
	client.on("error", () => {});
	onTestFinished(() => client.disconnect());
	return client;
}

async function open(client: NativeRedis = clientOf(), options: object = {}): Promise<RedisPort> {
	const port = ioredisPort(client, options);
	onTestFinished(() => port.close({ graceMs: 0 }));
	await port.command(ping());
	return port;
}

const ignore = (): void => {};

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

describe("a subscription", () => {
	// Red (no SUBSCRIBE is ever sent, for one of these) when TopicLane does not look again after a change during its last step.
	test.each([0, 1, 2, 3, 4])(
		"follows another at any moment: after %d turns of the microtask queue",
		async (turns) => {
			const port = await open();
			await port.subscribe({ names: ["a"], onMessage: ignore });
			for (let i = 0; i < turns; i++) await Promise.resolve();
			await port.subscribe({ names: ["b"], onMessage: ignore, timeoutMs: 2000 });
		},
	);

	// Red in the same way: the end is never confirmed.
	test.each([0, 1, 2, 3, 4])("ends at any moment: after %d turns of the microtask queue", async (turns) => {
		const port = await open();
		const subscription = await port.subscribe({ names: ["a"], onMessage: ignore });
		for (let i = 0; i < turns; i++) await Promise.resolve();
		await subscription.close();
		expect(await server.command("PUBSUB", "NUMSUB", "a")).toEqual(["a", 0]);
	});

	// Red (a gap at every attempt) when TopicLane gives up the connection for the one that is refused; red (no second gap) when
	// the first name to come back ends the gap of all.
	test("keeps its connection when another channel on it is no longer permitted", async () => {
		await server.command(
			"ACL",
			"SETUSER",
			"ear",
			"reset",
			"on",
			"nopass",
			"~*",
			"+@all",
			"&kept",
			"&revoked",
		);
		const port = await open(clientOf({ username: "ear", password: "any" }));
		const gaps: SubscriptionGap[] = [];
		const onGap = (gap: SubscriptionGap): void => void gaps.push(gap);
		await port.subscribe({ names: ["kept", "revoked"], onMessage: ignore, onGap });
		await server.command("ACL", "SETUSER", "ear", "resetchannels", "&kept"); // ends its connections
		await until(() => gaps.length === 1);
		const revoked = { names: ["revoked"], onMessage: ignore };
		await expect(port.subscribe(revoked)).rejects.toMatchObject({ code: "NOPERM" });
		await expect(port.subscribe(revoked)).rejects.toMatchObject({ code: "NOPERM" });
		expect(gaps).toHaveLength(1);
		// It comes back when it is permitted again, with a gap of its own, which lasted longer.
		await server.command("ACL", "SETUSER", "ear", "&revoked");
		await until(() => gaps.length === 2);
		expect(gaps[1]?.lostAt).toBe(gaps[0]?.lostAt);
		expect(gaps[1]?.resumedAt).toBeGreaterThan(gaps[0]?.resumedAt ?? 0);
	});

	// Red (it is still there) when only the server's answer makes the channel forget who waited for it.
	test("that was given up is forgotten, though others go on to wait for the same channel", async () => {
		const port = await open();
		const swallowed = proxy.swallowReply("SUBSCRIBE", { after: "hold" });
		port.subscribe({ names: ["a"], onMessage: ignore }).catch(ignore);
		expect(await swallowed).toBe(true);
		const giveUp = async (): Promise<WeakRef<object>> => {
			const request = { names: ["a"], onMessage: () => {}, timeoutMs: 20 };
			const error: unknown = await port.subscribe(request).catch((reason: unknown) => reason);
			expect(error).toMatchObject({ code: "RK_TIMEOUT" });
			return new WeakRef(request);
		};
		const request = await giveUp();
		await until(() => {
			collectGarbage();
			return request.deref() === undefined;
		});
	});

	// Red (an unhandled rejection, which ends the process) when only what is thrown at once is caught.
	test("turns what an async listener rejects with into a warning", async () => {
		const warn = vi.spyOn(process, "emitWarning").mockImplementation(ignore);
		onTestFinished(() => warn.mockRestore());
		const port = await open();
		const onMessage = async (): Promise<void> => {
			throw new Error("too late");
		};
		await port.subscribe({ names: ["a"], onMessage });
		await server.command("PUBLISH", "a", "m");
		await until(() => warn.mock.calls.length === 1);
		expect(warn.mock.calls[0]?.[0]).toMatchObject({ code: "RK_LISTENER_ERROR" });
	});
});

describe("a subscription or tracking of bad input is refused, and the argument named:", () => {
	const subscribed = { names: ["a"], onMessage: ignore };
	const tracked = { prefixes: ["a:"], onInvalidate: ignore, onGap: ignore };
	test.each([
		["kind", { ...subscribed, kind: "channels" }],
		["names", { ...subscribed, names: "news" }],
		["names", { ...subscribed, names: [] }],
		["names", { ...subscribed, names: [1] }],
		["onMessage", { ...subscribed, onMessage: undefined }],
		["onGap", { ...subscribed, onGap: "no function" }],
		["timeoutMs", { ...subscribed, timeoutMs: Number.NaN }],
		["signal", { ...subscribed, signal: {} }],
		["prefixes", { ...tracked, prefixes: "a:" }],
		["prefixes", { ...tracked, prefixes: [1] }],
		["onInvalidate", { ...tracked, onInvalidate: undefined }],
		["onGap", { ...tracked, onGap: undefined }],
		["timeoutMs", { ...tracked, timeoutMs: 0 }],
		["signal", { ...tracked, signal: {} }],
	])("%s", async (argument, request) => {
		const port = await open();
		// As from JavaScript, where no type checker looks.
		const verb = "names" in request ? port.subscribe : port.trackPrefixes;
		await expect(Reflect.apply(verb, port, [request])).rejects.toMatchObject({
			code: "RK_INVALID_ARGUMENT",
			argument,
		});
	});
});

describe("tracking", () => {
	const request = { prefixes: ["p:"], onInvalidate: ignore, onGap: ignore };
	const trackers = async (): Promise<boolean> =>
		/ flags=[^ ]*B/.test(`${await server.command("CLIENT", "LIST")}`);

	// Red (the connection stays, for ever) when close() only ends the trackings that were there when it began.
	test("that is confirmed while the port closes is ended with it", async () => {
		const port = await open();
		const tracking = port.trackPrefixes(request);
		const closed = port.close({ graceMs: 500 });
		await expect(tracking).rejects.toMatchObject({ code: "RK_CLOSED" });
		await closed;
		await until(async () => !(await trackers()));
	});

	// Red (a listener is left on the signal, and close() takes all its time) when a refusal does not end the wait.
	test("that is refused leaves nothing waiting", async () => {
		await server.command(
			"ACL",
			"SETUSER",
			"mole",
			"reset",
			"on",
			"nopass",
			"~*",
			"&*",
			"+@all",
			"-client|tracking",
		);
		const port = await open(clientOf({ username: "mole", password: "any" }));
		const { signal } = new AbortController();
		await expect(port.trackPrefixes({ ...request, signal })).rejects.toMatchObject({ code: "NOPERM" });
		expect(getEventListeners(signal, "abort")).toEqual([]);
	});

	// Red when only the caller's own close() takes it off: a signal that lives on would keep the closed port.
	test("leaves no listener on its signal when the port closes", async () => {
		const port = await open();
		const { signal } = new AbortController();
		await port.trackPrefixes({ ...request, signal });
		expect(getEventListeners(signal, "abort")).toHaveLength(1);
		await port.close();
		expect(getEventListeners(signal, "abort")).toEqual([]);
	});
});

// Red ("1") when the port sends what the server did not know again, without asking if somebody still waits.
test("a script whose caller has given up is not sent again with its source", async () => {
	const port = await open(clientOf(), { commandTimeoutMs: 60 });
	const script = defineScript({ lua: "return redis.call('INCR', KEYS[1])", keys: 1, reply: integer });
	await server.flushScripts();
	proxy.delay(500); // much later than the deadline, for a process that is held up reads what has arrived first
	await expect(port.command(script(["late"]))).rejects.toMatchObject({
		code: "RK_TIMEOUT",
		outcome: "unknown",
	});
	await expect(port.command(ping(), { timeoutMs: 2000 })).resolves.toBe("PONG"); // behind the NOSCRIPT
	await nextTurn();
	await port.command(ping(), { timeoutMs: 2000 });
	expect(await port.command(get("late"), { timeoutMs: 2000 })).toBeNull();
});

// Red (more than one, and from eleven on Node.js warns of a leak) where any of these listens to the signal by itself.
test("one signal for many subscriptions, trackings and sessions has one listener on it, and then none", async () => {
	const port = await open(clientOf(), { sessions: { max: 1 } });
	const { signal } = new AbortController();
	const made = [1, 2].flatMap((n) => [
		port.subscribe({ names: [`${n}`], onMessage: ignore, signal }),
		port.trackPrefixes({ prefixes: [`${n}:`], onInvalidate: ignore, onGap: ignore, signal }),
	]);
	const ends = await Promise.all(made);
	// One of them has the connection, and the others wait for it.
	const seen = [1, 2, 3].map(() =>
		port.session("k", async () => getEventListeners(signal, "abort").length, { signal }),
	);
	expect(await Promise.all(seen)).toEqual([1, 1, 1]);
	for (const { close } of ends) await close();
	expect(getEventListeners(signal, "abort")).toEqual([]);
});

describe("a session", () => {
	// Red (it never ends) when it waits for the reply of its own UNWATCH.
	test("has its result though the server falls silent behind it", async () => {
		const port = await open();
		onTestFinished(() => server.thaw());
		const result = await port.session("k", async (session) => {
			await session.watch(["k"]);
			await server.freeze();
			return "done";
		});
		expect(result).toBe("done");
	});

	// Red (later replies answer earlier commands) when they are sent.
	test.each([[["CLIENT", "REPLY", "OFF"]], [["client", "reply", "skip"]], [["SCRIPT", "DEBUG", "YES"]]])(
		"refuses what would put replies out of step: %s",
		async (args) => {
			const port = await open();
			const sent = port.session(undefined, async (session) => session.command(raw(args), { timeoutMs: 500 }));
			await expect(sent).rejects.toMatchObject({ code: "RK_INVALID_ARGUMENT", argument: "command" });
		},
	);
});

// Each of these was a TypeError of some client, or one that looked like a lost connection.
test.each<[string, (port: RedisPort) => unknown]>([
	["command", (port) => Reflect.apply(port.command, port, ["GET", "k"])],
	["command", (port) => Reflect.apply(port.batch, port, [["GET"]])],
	["commands", (port) => Reflect.apply(port.batch, port, [get("a"), get("b")])],
	["commands", (port) => Reflect.apply(port.transaction, port, [get("a")])],
	["command", (port) => Reflect.apply(port.everyMaster, port, [["PING"]])],
	["command", (port) => port.session("k", async (own) => Reflect.apply(own.command, own, [["GET", "k"]]))],
	["commands", (port) => port.session("k", async (own) => Reflect.apply(own.batch, own, [get("a")]))],
	["commands", (port) => port.session("k", async (own) => Reflect.apply(own.exec, own, [get("a")]))],
	["keys", (port) => port.session("k", async (own) => Reflect.apply(own.watch, own, ["balance"]))], // seven letters
	["work", (port) => Reflect.apply(port.session, port, [async () => 1])],
	["event", async (port) => Reflect.apply(port.on, port, ["error", () => {}])],
	["listener", async (port) => Reflect.apply(port.on, port, ["up"])],
])("what is no %s is refused by that name", async (argument, attempt) => {
	const port = await open();
	await expect(attempt(port)).rejects.toMatchObject({ code: "RK_INVALID_ARGUMENT", argument });
});

describe("close()", () => {
	const LONG = { graceMs: 60_000 };

	// Each is red (it takes the whole grace, longer than the test has) when close() waits for what it has itself given up.
	test("does not wait for a subscription that the server has yet to confirm", async () => {
		const port = await open();
		const swallowed = proxy.swallowReply("SUBSCRIBE", { after: "hold" });
		const making = port.subscribe({ names: ["a"], onMessage: ignore });
		expect(await swallowed).toBe(true);
		const closed = port.close(LONG);
		await expect(making).rejects.toMatchObject({ code: "RK_CLOSED", outcome: "unknown" });
		await closed;
	});

	test("does not wait for tracking that the server has yet to confirm", async () => {
		const port = await open(clientOf(), { connectTimeoutMs: 60_000 });
		const swallowed = proxy.swallowReply(([, verb]) => verb === "TRACKING", { after: "hold" });
		const making = port.trackPrefixes({ prefixes: ["p:"], onInvalidate: ignore, onGap: ignore });
		expect(await swallowed).toBe(true);
		const closed = port.close(LONG);
		await expect(making).rejects.toMatchObject({ code: "RK_CLOSED", outcome: "unknown" });
		await closed;
	});

	test("does not wait for what waits for one node's connection", async () => {
		const port = await open();
		const down = next();
		port.on("down", down.call);
		await proxy.refuse(true);
		proxy.cut();
		await down.promise;
		const asked = port.everyMaster(ping());
		await nextTurn();
		const closed = port.close(LONG);
		const [result] = (await asked).values();
		expect(result).toMatchObject({ code: "RK_CLOSED", outcome: "not-sent" });
		await closed;
	});
});
