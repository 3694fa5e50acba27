import { CommandError, get, incr, makeKey, set, zaddMany, zrevrank } from "@rk/client";
import { check, type Step } from "../step.ts";

export const batch: Step = {
	title: "sends commands together, each result with its own type",
	async run({ redis, prefix }) {
		const name = makeKey(...prefix, "name");
		const visits = makeKey(...prefix, "visits");
		const scores = makeKey(...prefix, "scores");

		// A tuple: [boolean, string | null, number, number, number | null, number], each or a CommandError.
		const [, who, count, , rank, broken] = await redis.batch([
			set(name, "Ada", { ttlMs: 60_000 }),
			get(name),
			incr(visits),
			zaddMany(scores, [
				["Ada", 90],
				["Bob", 70],
			]),
			zrevrank(scores, "Bob"),
			incr(name),
		]);
		check(who === "Ada" && count === 1 && rank === 1, "results come in the order of the commands");
		check(broken instanceof CommandError, "an error stands in the place of its command, and stops no other");

		return [
			`${who}, visit ${count}, Bob is at rank ${rank}`,
			`INCR of a name: ${broken.code}, ${broken.outcome}`,
		];
	},
};
