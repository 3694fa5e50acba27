import { pfcount, type RedisPort, slotOf } from "@rk/client";
import { explained } from "./errors.ts";
import { estimate } from "./estimate.ts";
import { readValues } from "./read-values.ts";
import { REGISTERS, raise } from "./registers.ts";

/** Can one command take all these keys? */
export function together(redis: RedisPort, keys: readonly string[]): boolean {
	return redis.topology.kind !== "cluster" || new Set(keys.map(slotOf)).size <= 1;
}

/** About how many different elements the keys counted together: by the server, or, over several slots, here. */
export async function countUnion(redis: RedisPort, keys: readonly string[]): Promise<number> {
	const different = [...new Set(keys)];
	if (together(redis, different)) {
		return redis.command(pfcount(different)).catch((error: unknown) => {
			throw explained(error, different);
		});
	}
	const registers = new Uint8Array(REGISTERS);
	for await (const [key, value] of readValues(redis, different)) raise(registers, key, value);
	return estimate(registers);
}
