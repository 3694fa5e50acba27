import { checkInteger, checkKnown, checkPort, InvalidArgumentError, type RedisPort } from "@rk/client";
import { StaleFenceError } from "./errors.ts";
import { siblingOf } from "./names.ts";
import { checkKey, DEFAULTS } from "./options.ts";
import { fencedWriteScript } from "./scripts.ts";

export interface FencedWriteOptions {
	/** How long the value lives, in whole milliseconds; `null` keeps it. */
	readonly ttlMs: number | null;
}

/**
 * Writes `value` to `key`, unless somebody with a higher fence has written before: what a holder that lost its lock without knowing
 * it, in a pause or a failover, writes too late is refused. The same fence may write again.
 *
 * The highest fence is kept beside the key, in its slot, for as long as the value and for a day at the least: a writer that sleeps
 * longer than that, and than the value lives, is not recognised.
 *
 * @throws {StaleFenceError} nothing was changed
 * @throws {CommandError} no reply; it is safe to repeat the call
 */
export async function fencedWrite(
	redis: RedisPort,
	key: string,
	value: string | Buffer,
	fence: bigint,
	options: FencedWriteOptions,
): Promise<void> {
	checkPort("redis", redis);
	checkKey(key);
	if (typeof value !== "string" && !Buffer.isBuffer(value))
		throw new InvalidArgumentError("value", value, "a string or a Buffer");
	if (typeof fence !== "bigint" || fence < 0n)
		throw new InvalidArgumentError("fence", fence, "a bigint of 0 or more: lock.fence");
	checkKnown("", options, ["ttlMs"]);
	const { ttlMs } = options;
	if (ttlMs !== null) checkInteger("ttlMs", ttlMs, 1);
	const fenceTtlMs = ttlMs === null ? "" : String(Math.max(ttlMs, DEFAULTS.fenceTtlMs));
	const args = [value, String(fence), ttlMs === null ? "" : String(ttlMs), fenceTtlMs];
	const highest = await redis.command(fencedWriteScript([key, siblingOf(key, "fence")], args));
	if (highest !== null) throw new StaleFenceError(key, fence, highest);
}
