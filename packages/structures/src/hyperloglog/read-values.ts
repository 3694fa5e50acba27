import { getBuffer, type RedisPort } from "@rk/client";
import { explained } from "./errors.ts";

/** A month of full HyperLogLogs is 380 kB. */
const AT_ONCE = 64;

/** The values of the keys that there are, in whatever slots, some at a time; it only reads. */
export async function* readValues(
	redis: RedisPort,
	keys: readonly string[],
): AsyncGenerator<readonly [key: string, value: Buffer], void, void> {
	for (let from = 0; from < keys.length; from += AT_ONCE) {
		const part = keys.slice(from, from + AT_ONCE);
		const values = await redis.batch(part.map(getBuffer));
		for (const [i, key] of part.entries()) {
			const value = values[i] ?? null;
			if (value instanceof Error) throw explained(value, [key]);
			if (value !== null) yield [key, value];
		}
	}
}
