import { checkInteger, checkKnown } from "./check.ts";
import type { Arg, Command } from "./command.ts";
import { mget, mgetBuffer, set } from "./commands/strings.ts";
import { BatchError, CommandError, InvalidArgumentError } from "./errors.ts";
import type { CallOptions, CommandTarget, RedisPort } from "./port.ts";
import { slotOf } from "./slot.ts";

/** Keys in one MGET: enough to be quick, few enough not to hold up other clients. */
const CHUNK = 500;

export interface BatchKeysOptions extends CallOptions {
	/** Keys in one command, at most. @default 500 */
	readonly chunk?: number;
}

/**
 * The values of many keys, whatever their slots: one MGET per slot and 500 keys, all in one go.
 *
 * Keys that do not exist are not in the map; a key given twice is read once. A key that holds another type counts as missing,
 * as MGET has it. Not a snapshot: each MGET is.
 *
 * @throws {BatchError} some could not be read; it has the values of the rest
 */
export function batchGet(
	redis: RedisPort,
	keys: Iterable<string>,
	options: BatchKeysOptions = {},
): Promise<Map<string, string>> {
	return getAll(redis, keys, mget, options);
}

/** {@link batchGet}, with the values as bytes. */
export function batchGetBuffer(
	redis: RedisPort,
	keys: Iterable<string>,
	options: BatchKeysOptions = {},
): Promise<Map<string, Buffer>> {
	return getAll(redis, keys, mgetBuffer, options);
}

async function getAll<V extends Arg>(
	redis: RedisPort,
	keys: Iterable<string>,
	read: (keys: readonly string[]) => Command<Array<V | null>>,
	{ chunk = CHUNK, ...call }: BatchKeysOptions,
): Promise<Map<string, V>> {
	checkInteger("chunk", chunk, 1);
	checkIterable("keys", keys);
	const chunks = [...groupBySlot(redis, new Set(keys))].flatMap((group) => inChunks(group, chunk));
	const results = await redis.batch(chunks.map(read), call);
	const ok = new Map<string, V>();
	const failed = new Map<string, CommandError>();
	for (const [i, group] of chunks.entries()) {
		const values = results[i];
		for (const [j, key] of group.entries()) {
			if (values instanceof CommandError) failed.set(key, values);
			else if (values?.[j] != null) ok.set(key, values[j]);
		}
	}
	if (failed.size > 0) throw new BatchError("read", ok, failed);
	return ok;
}

export interface BatchSetOptions extends CallOptions {
	/** Each key's time to live in milliseconds; `null` keeps it until it is deleted. */
	readonly ttlMs: number | null;
}

/**
 * Sets many keys, whatever their slots, each with the time to live: one SET a key, all in one go. Not atomic: some may be
 * set and others not, and the error says which.
 *
 * @throws {BatchError} some could not be set, or may not have been: `failed` has each key's error with its outcome
 */
export async function batchSet(
	redis: CommandTarget,
	entries: Iterable<readonly [key: string, value: Arg]>,
	options: BatchSetOptions,
): Promise<void> {
	checkKnown("", options, ["ttlMs", "timeoutMs", "signal"]);
	checkIterable("entries", entries);
	const { ttlMs, ...call } = options;
	if (ttlMs === undefined)
		throw new InvalidArgumentError("ttlMs", ttlMs, "milliseconds, or null for no expiry");
	// Of a key that is given twice the last value counts.
	const values = new Map(entries);
	const keys = [...values.keys()];
	const commands = [...values].map(([key, value]) => set(key, value, ttlMs === null ? {} : { ttlMs }));
	const results = await redis.batch(commands, call);
	const ok = new Map<string, true>();
	const failed = new Map<string, CommandError>();
	for (const [i, key] of keys.entries()) {
		const result = results[i];
		if (result instanceof CommandError) failed.set(key, result);
		else ok.set(key, true);
	}
	if (failed.size > 0) throw new BatchError("set", ok, failed);
}

/** A string is iterable too, but its letters are never meant. */
function checkIterable(argument: string, value: unknown): void {
	const fits = typeof value === "object" && value !== null && Symbol.iterator in value;
	if (!fits) throw new InvalidArgumentError(argument, value, "an array, a Map, or another iterable object");
}

function groupBySlot(redis: RedisPort, keys: Iterable<string>): Iterable<string[]> {
	if (redis.topology.kind !== "cluster") return [[...keys]];
	const groups = new Map<number, string[]>();
	for (const key of keys) {
		const slot = slotOf(key);
		const group = groups.get(slot);
		if (group === undefined) groups.set(slot, [key]);
		else group.push(key);
	}
	return groups.values();
}

function inChunks(keys: readonly string[], size: number): string[][] {
	const chunks: string[][] = [];
	for (let i = 0; i < keys.length; i += size) chunks.push(keys.slice(i, i + size));
	return chunks;
}
