import type { RedisPort } from "@rk/client";
import { describe, expect, test } from "vitest";
import { adapters, freshKey, until } from "./redis.ts";
import { portWith } from "./support/port-with.ts";
import { independentServers, openAll, redlockOn } from "./support/redlock.ts";

const { servers } = await independentServers(3);

/** The same port, to a server whose clock goes ahead by so much. */
function ahead(redis: RedisPort, ms: number): RedisPort {
	const command: RedisPort["command"] = async (command, options) => {
		if (command.args[0] !== "TIME") return redis.command(command, options);
		const later = (reply: Parameters<typeof command.decode>[0]): typeof reply =>
			Array.isArray(reply) ? [String(Number(reply[0]) + ms / 1_000), reply[1]] : reply;
		return redis.command({ ...command, decode: (reply) => command.decode(later(reply)) }, options);
	};
	return portWith(redis, { command });
}

describe.each(adapters)("over $name", (adapter) => {
	// Broken on purpose: the difference is not compared with what is allowed (the first is told of); the least ahead is left out (the
	// third is not).
	test.each([
		[0, false],
		[60_000, true],
		[-60_000, true],
	])("servers of which one has a clock ahead by %i ms are told of: %s", async (ms, told) => {
		const [first, second, third] = await openAll(servers, adapter);
		if (first === undefined || second === undefined || third === undefined) return expect.fail();
		const redlock = redlockOn([first, ahead(second, ms), third]);
		await (await redlock.acquire(freshKey())).release();
		const skews = (): unknown[] => redlock.events.filter(({ type }) => type === "clock-skew");
		if (told) await until(() => skews().length > 0);
		await redlock.close(); // which waits for the look
		expect(skews()).toEqual(told ? [{ type: "clock-skew", skewMs: expect.any(Number) }] : []);
	});
});
