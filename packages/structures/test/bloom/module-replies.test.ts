import { type RedisPort, ServerError, type WireReply } from "@rk/client";
import { describe, expect, inject, test } from "vitest";
import { BloomFullError } from "../../src/bloom/index.ts";
import { adapters, open } from "../redis.ts";
import { filterOn } from "./bloom.ts";

/*
 * How the module's replies are read, as RedisBloom and valkey-bloom send them, where there is no such server. What they do is tested by
 * `REDIS_BLOOM_URL`.
 */

/** A port whose server answers these commands with these replies, one after the other, and notes them. */
function answering(redis: RedisPort, replies: Array<[name: string, reply: WireReply]>) {
	const sent: string[] = [];
	const command: RedisPort["command"] = async ({ args, decode }) => {
		sent.push(args.join(" "));
		const [name, reply] = replies.shift() ?? expect.fail(`${args[0]} was not expected`);
		expect(args[0]).toBe(name);
		if (reply instanceof Error) throw reply;
		return decode(reply);
	};
	const port = new Proxy(redis, {
		get: (target, name) => (name === "command" ? command : Reflect.get(target, name)),
	});
	return { port, sent };
}

const absent = new ServerError("ERR not found");

describe("the replies of a module", async () => {
	const [adapter = expect.fail()] = adapters;
	const native = async (replies: Array<[string, WireReply]>) => {
		const { port, sent } = answering(await open(adapter, inject("redisUrl")), replies);
		return { sent, filter: filterOn(port, { name: "m", backend: "native" }) };
	};

	test.each([
		["RESP2", [1, 0]],
		["RESP3", [true, false]],
	] as Array<[string, WireReply[]]>)("say by %s whether items were new, or are there", async (_, reply) => {
		const { filter, sent } = await native([
			["BF.INSERT", reply],
			["BF.MEXISTS", reply],
		]);
		expect(await filter.addMany(["a", "b"])).toEqual([true, false]);
		expect(await filter.hasMany(["a", "b"])).toEqual([true, false]);
		expect(sent).toEqual(["BF.INSERT bloom:m NOCREATE ITEMS a b", "BF.MEXISTS bloom:m a b"]);
	});

	// Broken on purpose: the reply taken as it comes, when the missing ones are neither true nor false.
	test.each(["ERR non scaling filter is full", "Non-scaling filter is full", "ERR filter is full"])(
		"that end early with an error mean that the filter is full: %s",
		async (words) => {
			const { filter } = await native([["BF.INSERT", [1, 0, new Error(words)]]]);
			const error = await filter.addMany(["a", "b", "c", "d"]).catch((error: unknown) => error);
			expect(error).toBeInstanceOf(BloomFullError);
			expect(error).toMatchObject({ added: [true, false, null, null] });
		},
	);

	test("with another error among them fail", async () => {
		const { filter } = await native([["BF.INSERT", [1, new Error("ERR out of memory")]]]);
		await expect(filter.addMany(["a", "b"])).rejects.toMatchObject({ reply: "ERR out of memory" });
	});

	// Broken on purpose, each red: BF.MADD, or BF.INSERT without NOCREATE, with which the module would make a filter for 100.
	test("that there is no filter have it made as the options say", async () => {
		const { filter, sent } = await native([
			...([
				["BF.INSERT", absent],
				["BF.RESERVE", "OK"],
				["BF.INSERT", [1]],
			] as Array<[string, WireReply]>),
		]);
		expect(await filter.add("a")).toBe(true);
		const insert = "BF.INSERT bloom:m NOCREATE ITEMS a";
		expect(sent).toEqual([insert, "BF.RESERVE bloom:m 0.01 1000 NONSCALING", insert]);
	});

	test("that another process was the first to make it are no failure", async () => {
		const exists = new ServerError("ERR item exists");
		const { filter } = await native([["BF.RESERVE", exists]]);
		expect(await filter.reserve()).toBe(false);
	});

	test("of another type mean another backend", async () => {
		const wrong = new ServerError("WRONGTYPE Operation against a key holding the wrong kind of value");
		const { filter } = await native([
			["BF.INSERT", wrong],
			["BF.MEXISTS", wrong],
		]);
		await expect(filter.add("a")).rejects.toMatchObject({ code: "RK_BLOOM_BACKEND", backend: "native" });
		await expect(filter.has("a")).rejects.toMatchObject({ code: "RK_BLOOM_BACKEND" });
	});

	test("about the filter are read by their names, whatever else there is", async () => {
		const facts = [
			"Capacity",
			100,
			"Size",
			240,
			"Number of filters",
			1,
			"Number of items inserted",
			25,
			"New",
			1,
		];
		const nested = [
			"Capacity",
			100,
			"Size",
			240,
			"Number of filters",
			1,
			"Number of items inserted",
			25,
			"Expansion rate",
			null,
		];
		const { filter } = await native([
			["BF.INFO", facts],
			["BF.INFO", nested],
			["BF.INFO", absent],
		]);
		const info = { backend: "native", capacity: 100, bytes: 240, layers: 1, inserted: 25, saturation: 0.25 };
		expect(await filter.info()).toEqual({ ...info, estimatedErrorRate: null });
		expect(await filter.info()).toMatchObject(info);
		expect(await filter.info()).toBeNull();
	});
});
