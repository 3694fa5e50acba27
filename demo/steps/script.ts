import { get, makeKey, set } from "@rk/client";
import { bool, defineScript, intFrom } from "@rk/lua";
import { check, type Step } from "../step.ts";

const takeFromStock = defineScript({
	name: "takeFromStock",
	keys: ["stock"],
	args: { wanted: intFrom(1) },
	reply: bool,
	lua: `
local stock = tonumber(redis.call("GET", KEYS[1]) or "0")
local wanted = tonumber(ARGV[1])
if stock < wanted then return 0 end
redis.call("DECRBY", KEYS[1], wanted)
return 1`,
});

export const script: Step = {
	title: "runs a Lua script like a typed function of one's own",
	async run({ redis, server, prefix }) {
		const stock = makeKey(...prefix, "stock");
		await redis.command(set(stock, "7", { ttlMs: 60_000 }));
		const buyers = Array.from({ length: 10 }, () => redis.command(takeFromStock({ stock }, { wanted: 1 })));
		const served = (await Promise.all(buyers)).filter((got) => got).length;
		check(served === 7, "of 10 buyers at once, 7 get the 7 that are there");

		if (server.owned) await server.flushScripts(); // one that others use as well keeps its scripts
		const [, got, left] = await redis.transaction([
			set(stock, "1", { ttlMs: 60_000 }),
			takeFromStock({ stock }, { wanted: 1 }),
			get(stock),
		]);
		check(
			got === true && left === "0",
			"in a transaction too, and on a server that does not know it any more",
		);
		return [
			`10 buyers, 7 in stock: ${served} served`,
			"in a transaction too, also where the server forgot it",
		];
	},
};
