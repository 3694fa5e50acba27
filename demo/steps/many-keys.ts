import { batchGet, batchSet, makeKey } from "@rk/client";
import { check, type Step } from "../step.ts";

const COUNT = 1_000;

export const manyKeys: Step = {
	title: "sets and gets many keys in one flush",
	async run({ redis, prefix }) {
		const keys = Array.from({ length: COUNT }, (_, i) => makeKey(...prefix, "user", i));
		const absent = makeKey(...prefix, "user", "nobody");

		const began = performance.now();
		await batchSet(
			redis,
			keys.map((key, i) => [key, `user ${i}`]),
			{ ttlMs: 60_000 },
		);
		const set = performance.now();
		const values = await batchGet(redis, [...keys, absent]);
		const got = performance.now();

		check(values.size === COUNT && values.get(keys[42] ?? "") === "user 42", "every key has its value");
		check(!values.has(absent), "a key that does not exist is not in the map");
		return [`${COUNT} keys, set in ${(set - began).toFixed(0)} ms, read in ${(got - set).toFixed(0)} ms`];
	},
};
