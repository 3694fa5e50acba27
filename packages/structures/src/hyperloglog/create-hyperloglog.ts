import { randomUUID } from "node:crypto";
import {
	checkInteger,
	checkKnown,
	checkPort,
	InvalidArgumentError,
	isText,
	keyInSlot,
	type RedisPort,
	slotOf,
} from "@rk/client";
import { inChunks } from "../chunks.ts";
import { checkText } from "../text.ts";
import { addElements, checkElements, type End, type HyperLogLogElement } from "./add-elements.ts";
import { countUnion, together } from "./count-union.ts";
import { explained } from "./errors.ts";
import { readValues } from "./read-values.ts";
import { REGISTERS, raise } from "./registers.ts";
import { mergeScript } from "./scripts.ts";

export interface HyperLogLogOptions {
	/** What the keys in Redis begin with. @default "" */
	readonly prefix?: string;
	/**
	 * How long a key lives, counted from when it is made, in whole milliseconds: nothing refreshes it. A key without a time to live
	 * gets one.
	 * @default none: keys stay until they are deleted
	 */
	readonly ttlMs?: number;
}

/** Sources in one script: few enough not to hold up other clients for long. From other slots they are 6 MB. */
const AT_ONCE = 500;

/** Counts different elements in 12 kB a key at most, about: the standard error is 0.81 %. */
export interface HyperLogLog {
	/**
	 * Counts the elements; each as often as it likes, it counts once. `true`: the estimate may have changed. Of no elements, nothing
	 * is sent. Can be repeated when its outcome is unknown.
	 *
	 * @throws {InvalidArgumentError} an element is missing or empty
	 * @throws {InvalidHyperLogLogError} the key holds something else
	 */
	add(key: string, ...elements: readonly HyperLogLogElement[]): Promise<boolean>;

	/**
	 * About how many different elements were added to any of the keys: what PFCOUNT says, also where they are in different slots of a
	 * cluster. It then reads the keys (12 kB each at most) and computes their union here. No key is made, and no TTL is touched.
	 *
	 * @throws {InvalidHyperLogLogError}
	 */
	count(...keys: readonly string[]): Promise<number>;

	/**
	 * Adds what the sources counted to `destination`, which keeps its own: at once where all are in one slot, and 500 at most; of more,
	 * 500 after 500. From other slots of a cluster the sources are read first, so that what is added to them meanwhile may be missing.
	 * Can be repeated, also when only some of the sources were merged.
	 *
	 * @throws {InvalidHyperLogLogError} none of these 500 was merged, nor one behind them
	 */
	merge(destination: string, ...sources: readonly string[]): Promise<void>;
}

/**
 * HyperLogLogs at keys of your own.
 *
 * @throws {InvalidArgumentError} an option is not acceptable
 */
export function createHyperLogLog(redis: RedisPort, options: HyperLogLogOptions = {}): HyperLogLog {
	checkPort("redis", redis);
	checkKnown("", options, ["prefix", "ttlMs"]);
	const { prefix = "", ttlMs } = options;
	if (!isText(prefix)) throw new InvalidArgumentError("prefix", prefix, "well-formed text");
	if (ttlMs !== undefined) checkInteger("ttlMs", ttlMs, 1);
	const end: End = ttlMs === undefined ? undefined : ["PEXPIRE", ttlMs];

	const full = (argument: string, key: string): string => {
		checkText(argument, key);
		return prefix + key;
	};
	const all = (argument: string, keys: readonly string[]): string[] => {
		if (keys.length === 0) throw new InvalidArgumentError(argument, keys, "one key or more");
		return keys.map((key, i) => full(`${argument}[${i}]`, key));
	};

	/** Copies of what is in other slots, under names in the slot of the destination. */
	const copies = async (destination: string, sources: readonly string[]): Promise<[string[], Buffer[]]> => {
		const at = `{${keyInSlot(slotOf(destination))}}:merge:${randomUUID()}`;
		const values: Buffer[] = [];
		for await (const [key, value] of readValues(redis, sources)) {
			raise(new Uint8Array(REGISTERS), key, value);
			values.push(value);
		}
		return [values.map((_, i) => `${at}:${i}`), values];
	};

	const mergeSome = async (destination: string, sources: readonly string[]): Promise<void> => {
		const native = together(redis, [destination, ...sources]);
		const [names, values] = native ? [sources, []] : await copies(destination, sources);
		const ttl = ttlMs === undefined ? "" : String(ttlMs);
		await redis.command(mergeScript([destination, ...names], [ttl, ...values])).catch((error: unknown) => {
			throw explained(error, native ? [destination, ...sources] : [destination]);
		});
	};

	return Object.freeze({
		add: async (key: string, ...elements: readonly HyperLogLogElement[]) => {
			checkElements("elements", elements);
			return addElements(redis, full("key", key), elements, end);
		},
		count: async (...keys: readonly string[]) => countUnion(redis, all("keys", keys)),
		merge: async (destination: string, ...sources: readonly string[]) => {
			const [into, from] = [full("destination", destination), all("sources", sources)];
			for (const some of inChunks(from, AT_ONCE)) await mergeSome(into, some);
		},
	});
}
