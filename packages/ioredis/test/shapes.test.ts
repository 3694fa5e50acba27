import { startServer, type TestServer } from "@rk/testing";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { IoredisLink } from "../src/link.ts";
import { libraries } from "./clients.ts";
import { readyLink } from "./links.ts";

let server: TestServer;
beforeAll(async () => {
	server = await startServer({ owned: true });
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

	test("commands of one tick leave in one write, in order", async () => {
		const link = await connected();
		const stream = link.redis.stream ?? expect.fail("not connected");
		const counter = `counted over ${name}`;
		let corked = 0;
		const cork = stream.cork.bind(stream);
		stream.cork = () => {
			corked += 1;
			cork();
		};
		const replies = Array.from({ length: 100 }, () => link.send(["INCR", counter], "utf8"));
		expect(await Promise.all(replies)).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
		expect(corked).toBe(1);
	});
});
