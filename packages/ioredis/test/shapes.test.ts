import { Socket } from "node:net";
import { startServer, type TestServer } from "@rk/testing";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { fault } from "../src/faults.ts";
import type { IoredisLink } from "../src/link.ts";
import { libraries } from "./clients.ts";
import { ready, readyLink } from "./links.ts";

let server: TestServer;
beforeAll(async () => {
	server = await startServer({ owned: true, args: ["--enable-debug-command", "yes"] });
	await server.command("HSET", "hash", "__proto__", "1", "f", "2");
	await server.command("XADD", "stream", "1-1", "f", "v");
});
afterAll(() => server.stop());

// Red with lower-case names: the library then makes an object of HGETALL, and two shapes of the same XREAD.
describe.each(libraries)("$name", ({ name, redis }) => {
	const connected = (): Promise<IoredisLink> => {
		const made = redis({ host: server.host, port: server.port });
		onTestFinished(() => made.disconnect());
		return readyLink(made);
	};

	test("a hash comes as a flat array, whatever its fields are called", async () => {
		const link = await connected();
		expect(await link.send(["HGETALL", "hash"], "utf8")).toEqual(["__proto__", "1", "f", "2"]);
		expect(await link.send(["HGETALL", "hash"], "buffer")).toEqual(
			["__proto__", "1", "f", "2"].map((s) => Buffer.from(s)),
		);
	});

	test("arguments of bytes and text arrive as they are", async () => {
		const link = await connected();
		const key = Buffer.from([0, 13, 10, 255]);
		const value = "héllo\r\n😀";
		await link.send(["SET", key, value], "utf8");
		expect(await link.send(["GET", key], "utf8")).toBe(value);
		await link.send(["SET", "key", Buffer.alloc(0)], "utf8");
		expect(await link.send(["GET", "key"], "buffer")).toEqual(Buffer.alloc(0));
		expect(await link.send(["ECHO", key], "buffer")).toEqual(key);
	});

	test("nil, integers, doubles and errors inside an array keep their kinds", async () => {
		const link = await connected();
		const script = "return {1, false, redis.status_reply('OK'), redis.error_reply('WRONG x'), {'deep'}}";
		const reply = await link.send(["EVAL", script, "0"], "utf8");
		expect(reply).toEqual([1, null, "OK", expect.objectContaining({ message: "WRONG x" }), ["deep"]]);
		await link.send(["ZADD", "zset", "1.5", "m"], "utf8");
		expect(await link.send(["ZSCORE", "zset", "m"], "utf8")).toBe("1.5");
		expect(await link.send(["GET", "nothing"], "utf8")).toBeNull();
	});

	// The library's parsers round what is beyond (from 2^53 - 47 on).
	test("integers are numbers, and exact as far as promised", async () => {
		const link = await connected();
		for (const integer of [2 ** 53 - 49, 49 - 2 ** 53, 0, -1]) {
			await link.send(["SET", "integer", String(integer)], "utf8");
			expect(await link.send(["INCRBY", "integer", "0"], "utf8")).toBe(integer);
			expect(await link.send(["INCRBY", "integer", "0"], "buffer")).toBe(integer);
		}
	});

	// The library gives up the connection by itself: this holds what is relied on.
	test("a reply that the library cannot read costs the connection, and no command gets another's reply", async () => {
		const link = await connected();
		await link.send(["SET", "own", "own"], "utf8");
		const replies = [["DEBUG", "PROTOCOL", "ATTRIB"] as const, ["GET", "own"] as const].map((args) =>
			link.send(args, "utf8").catch((error: unknown) => fault(error)),
		);
		const lost = expect.objectContaining({ code: "RK_CONNECTION", outcome: "unknown" });
		const readable = name !== "ioredis 6, RESP3"; // in the older protocol the server leaves attributes out
		expect(await Promise.all(replies)).toEqual(readable ? [expect.any(String), "own"] : [lost, lost]);
		await ready(link);
		expect(await link.send(["GET", "own"], "utf8")).toBe("own");
	});

	test.each([
		[7, 1],
		[100, 4],
	])("%i commands of one tick leave in %i writes, in order", async (commands, writes) => {
		const link = await connected();
		const stream = link.redis.stream ?? expect.fail("not connected");
		const counter = `counted to ${commands} over ${name}`;
		let corked = 0;
		const cork = stream.cork.bind(stream);
		stream.cork = () => {
			corked += 1;
			cork();
		};
		const replies = Array.from({ length: commands }, () => link.send(["INCR", counter], "utf8"));
		expect(await Promise.all(replies)).toEqual(Array.from({ length: commands }, (_, i) => i + 1));
		expect(corked).toBe(writes);
	});

	test("the first commands of a tick are with the server before the tick ends", async () => {
		const link = await connected();
		const { stream } = link.redis;
		if (!(stream instanceof Socket)) return expect.fail("not connected");
		const replies = Array.from({ length: 8 }, () => link.send(["PING"], "utf8"));
		expect(stream.writableLength).toBe(0); // seen red with one write at the end of the tick
		replies.push(link.send(["PING"], "utf8"));
		expect(stream.writableLength).toBeGreaterThan(0);
		await Promise.all(replies);
	});
});
