import {
	type Command,
	commandInfo,
	del,
	get,
	pexpire,
	pttl,
	type RedisPort,
	raw,
	set,
	textOrNull,
} from "@rk/client";
import { startServer, type TestServer } from "@rk/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import {
	compareAndDelete,
	compareAndSet,
	createScripts,
	defineScript,
	incrWithCap,
	optional,
	text,
} from "../src/index.ts";
import { adapters, forThisTest } from "./adapters.ts";

let server: TestServer;
beforeAll(async () => {
	server = await startServer({ owned: true });
});
afterAll(() => server.stop());

const key = "lua:native";
const builtins = { compareAndDelete, compareAndSet, incrWithCap };

/** How often the server ran a command, or did not. */
async function calls(name: string, count: "calls" | "rejected_calls" = "calls"): Promise<number> {
	const stats = await server.command("INFO", "commandstats");
	return Number(new RegExp(`cmdstat_${name}:(?:.*,)?${count}=(\\d+)`).exec(String(stats))?.[1] ?? 0);
}

/** The same port, and when it has asked every master for something. */
function probed(redis: RedisPort): { readonly port: RedisPort; readonly done: Promise<void> } {
	let tell = (): void => {};
	const done = new Promise<void>((resolve) => {
		tell = resolve;
	});
	const everyMaster: RedisPort["everyMaster"] = async (command, options) => {
		const found = await redis.everyMaster(command, options);
		setImmediate(tell);
		return found;
	};
	const port = new Proxy(redis, {
		get(target, name) {
			if (name === "everyMaster") return everyMaster;
			const value: unknown = Reflect.get(target, name, target);
			return typeof value === "function" ? value.bind(target) : value;
		},
	});
	return { port, done };
}

/** The port of a server that says it has these commands, with these words; whether it has, shows when they come. */
function saying(redis: RedisPort, words: Readonly<Record<string, readonly string[]>>) {
	const sent: string[] = [];
	let asked = 0;
	const everyMaster: RedisPort["everyMaster"] = async (command) => {
		asked += 1;
		const docs = Object.entries(words).flatMap(([name, tokens]) => [name, ["arguments", tokens]]);
		return new Map([["node", command.decode(docs)]]);
	};
	const replies = new Map<string, number | readonly number[]>();
	const command: RedisPort["command"] = async <T>(each: Command<T>) => {
		sent.push(each.args.join(" "));
		const reply = replies.get(each.args[0]);
		return reply === undefined ? redis.command(each) : each.decode(reply);
	};
	const port = new Proxy(redis, {
		get(target, name) {
			if (name === "everyMaster") return everyMaster;
			if (name === "command") return command;
			const value: unknown = Reflect.get(target, name, target);
			return typeof value === "function" ? value.bind(target) : value;
		},
	});
	return {
		port,
		sent,
		asked: () => asked,
		replyTo: (name: string, reply: number | readonly number[]) => replies.set(name, reply),
	};
}

describe.each(adapters)("over $name", ({ connect }) => {
	let redis: RedisPort;
	beforeEach(async () => {
		redis = await forThisTest(connect(server.url));
		await redis.command(del(key));
	});

	test("where the server has SET IFEQ, that is sent, with the script's results", async (context) => {
		const docs = await server.command("COMMAND", "DOCS", "SET");
		if (!JSON.stringify(docs).includes('"IFEQ"'))
			context.skip("this server's SET has no IFEQ: Valkey 8.1 has");
		await using scripts = createScripts(redis, builtins);
		const before = await calls("set");
		await redis.command(set(key, "a", { ttlMs: 60_000 }));
		// Nobody waits for the probe: the script answers until it is back.
		while ((await calls("set")) < before + 2) {
			await scripts.compareAndSet({ key }, { expected: "no", value: "b" });
			if ((await calls("evalsha")) > 1_000) expect.fail("the native command is never sent");
		}
		const evals = (await calls("evalsha")) + (await calls("eval"));
		expect(await scripts.compareAndSet({ key }, { expected: "no", value: "b" })).toBe(false);
		expect(await scripts.compareAndSet({ key: "lua:none" }, { expected: "", value: "b" })).toBe(false);
		expect(await redis.command(get("lua:none"))).toBeNull();
		expect(await scripts.compareAndSet({ key }, { expected: "a", value: Buffer.of(0, 255) })).toBe(true);
		expect(await redis.command(pttl(key))).toBeGreaterThan(50_000);
		expect(
			await scripts.compareAndSet({ key }, { expected: Buffer.of(0, 255), value: "c", ttlMs: 5_000 }),
		).toBe(true);
		expect(await redis.command(pttl(key))).toBeLessThanOrEqual(5_000);
		expect((await calls("evalsha")) + (await calls("eval"))).toBe(evals);
		await redis.command(del(key));
		await server.command("LPUSH", key, "item");
		await redis.command(pexpire(key, 60_000));
		const wrongType = { name: "ServerError", code: "WRONGTYPE", outcome: "refused" };
		await expect(scripts.compareAndSet({ key }, { expected: "c", value: "d" })).rejects.toMatchObject(
			wrongType,
		);
	});

	test("where the server has DELIFEQ or DELEX, that is sent, with the script's results", async (context) => {
		const [delifeq, delex] = await redis.command(commandInfo(["DELIFEQ", "DELEX"]));
		const name = delifeq !== null ? "delifeq" : "delex";
		if (delifeq === null && delex === null)
			context.skip("this server has neither: Valkey 9 and Redis 8.4 have");
		await using scripts = createScripts(redis, builtins);
		const before = await calls(name);
		while ((await calls(name)) === before) {
			await scripts.compareAndDelete({ key }, { expected: "no" });
			if ((await calls("evalsha")) > 1_000) expect.fail("the native command is never sent");
		}
		const evals = (await calls("evalsha")) + (await calls("eval"));
		await redis.command(set(key, Buffer.of(0, 255), { ttlMs: 60_000 }));
		expect(await scripts.compareAndDelete({ key }, { expected: Buffer.of(0, 254) })).toBe(false);
		expect(await scripts.compareAndDelete({ key }, { expected: Buffer.of(0, 255) })).toBe(true);
		expect(await scripts.compareAndDelete({ key }, { expected: Buffer.of(0, 255) })).toBe(false);
		expect((await calls("evalsha")) + (await calls("eval"))).toBe(evals);
	});

	/*
	 * No server at hand has DELEX or INCREX. What follows proves what is sent when a server says that it has them, and how the
	 * documented replies are read; that they do there what they are documented to do, it does not prove.
	 */
	test("the native commands are written as they are documented", async () => {
		const { port, sent, asked, replyTo } = saying(redis, {
			set: ["EX", "IFEQ"],
			delex: ["IFEQ"],
			increx: ["BYINT", "UBOUND"],
		});
		replyTo("INCREX", [7, 2]);
		await using scripts = createScripts(port, builtins);
		await scripts.incrWithCap({ counter: key }, { by: 1, cap: 1 });
		expect(asked()).toBe(1);
		sent.length = 0;
		expect(await scripts.incrWithCap({ counter: key }, { by: 2, cap: 10 })).toBe(7);
		replyTo("INCREX", [7, 0]);
		expect(await scripts.incrWithCap({ counter: key }, { by: 9, cap: 10 })).toBe(-1);
		await scripts.incrWithCap({ counter: key }, { by: 1, cap: 10, ttlMs: 5_000 });
		replyTo("SET", []);
		await scripts.compareAndSet({ key }, { expected: "a", value: "b", ttlMs: 5 }).catch(() => {});
		await scripts.compareAndSet({ key }, { expected: "a", value: "b" }).catch(() => {});
		expect(sent.slice(0, 2)).toEqual([`INCREX ${key} BYINT 2 UBOUND 10`, `INCREX ${key} BYINT 9 UBOUND 10`]);
		expect(sent[2]).toMatch(/^EVALSHA /);
		replyTo("DELEX", 1);
		expect(await scripts.compareAndDelete({ key }, { expected: "a" })).toBe(true);
		replyTo("DELEX", 0);
		expect(await scripts.compareAndDelete({ key }, { expected: "a" })).toBe(false);
		const deletion = `DELEX ${key} IFEQ a`;
		const compared = [`SET ${key} b IFEQ a PX 5`, `SET ${key} b IFEQ a KEEPTTL`];
		expect(sent.slice(3)).toEqual([...compared, deletion, deletion]);
		expect(asked()).toBe(1);
	});

	// Red (the server's error) without refuses().
	test("a server that does not take the command after all gets the script, and is not asked for it again", async () => {
		const [increx] = await redis.command(commandInfo("INCREX"));
		const { port, sent } = saying(redis, { increx: ["UBOUND"], delifeq: [], set: ["IFEQ"] });
		await using scripts = createScripts(port, { incrWithCap });
		await scripts.incrWithCap({ counter: key }, { by: 1, cap: 10 });
		expect(await scripts.incrWithCap({ counter: key }, { by: 1, cap: 10 })).toBe(2);
		expect(await scripts.incrWithCap({ counter: key }, { by: 9, cap: 10 })).toBe(-1);
		const natives = sent.filter((command) => command.startsWith("INCREX"));
		expect(natives).toHaveLength(increx === null ? 1 : 2);
	});

	// Red (NOPERM, at the second call and ever after) when refuses() takes that for a failure.
	test("a user who may not use the native command gets the script, as before the server was asked", async () => {
		await server.command("ACL", "SETUSER", "default", "-getdel");
		onTestFinished(async () => {
			await server.command("ACL", "SETUSER", "default", "+getdel");
		});
		const take = defineScript({
			name: "take",
			keys: ["key"],
			reply: optional(text),
			native: [{ needs: "GETDEL", command: ({ key }) => raw(["GETDEL", key], { decode: textOrNull }) }],
			lua: `local value = redis.call("GET", KEYS[1])\nredis.call("DEL", KEYS[1])\nreturn value`,
		});
		const asked = probed(redis);
		await using scripts = createScripts(asked.port, { take });
		expect(await scripts.take({ key })).toBeNull();
		await asked.done;
		await redis.command(set(key, "here", { ttlMs: 60_000 }));
		expect(await scripts.take({ key })).toBe("here");
		const refused = await calls("getdel", "rejected_calls");
		expect(refused).toBeGreaterThan(0);
		expect(await scripts.take({ key })).toBeNull();
		expect(await calls("getdel", "rejected_calls")).toBe(refused);
	});

	test("what a server says counts until a connection is made anew", async () => {
		const { port, asked } = saying(redis, {});
		await using scripts = createScripts(port, { compareAndDelete });
		for (let i = 0; i < 3; i++) await scripts.compareAndDelete({ key }, { expected: "x" });
		expect(asked()).toBe(1);
		const up = new Promise<void>((resolve) => {
			redis.on("up", () => resolve());
		});
		await server.killClients("normal");
		await up;
		await scripts.compareAndDelete({ key }, { expected: "x" });
		expect(asked()).toBe(2);
	});
});
