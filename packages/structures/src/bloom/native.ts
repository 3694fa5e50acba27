import {
	type Command,
	canonical,
	flag,
	integer,
	listOf,
	mapOf,
	ok,
	pexpire,
	type RedisPort,
	type Reply,
	raw,
	ServerError,
	unlink,
	type WireReply,
} from "@rk/client";
import { inChunks } from "../chunks.ts";
import type { Backend } from "./backend.ts";
import type { BloomInfo } from "./bloom-filter.ts";
import { BloomBackendError } from "./errors.ts";
import type { ResolvedBloomOptions } from "./options.ts";

/** Items in one command: few enough not to hold up other clients. */
const CHUNK = 500;

/** A filter of the module RedisBloom or valkey-bloom. */
export class NativeBackend implements Backend {
	readonly #redis: RedisPort;
	readonly #options: ResolvedBloomOptions;

	constructor(redis: RedisPort, options: ResolvedBloomOptions) {
		this.#redis = redis;
		this.#options = options;
	}

	/** The module would make a filter of its own size for an item that comes first. */
	async reserve(): Promise<boolean> {
		const { key, capacity, errorRate, growth, ttlMs } = this.#options;
		const scaling = growth === undefined ? ["NONSCALING"] : ["EXPANSION", String(growth)];
		const make = raw(["BF.RESERVE", key, String(errorRate), String(capacity), ...scaling], {
			key,
			decode: ok,
		});
		if (ttlMs === undefined) return this.#made(this.#run(make));
		const [made, expires] = await this.#redis.transaction([make, pexpire(key, ttlMs, { onlyIf: "no-ttl" })]);
		if (expires instanceof Error) throw expires;
		return this.#made(made instanceof Error ? Promise.reject(this.#explained(made)) : Promise.resolve());
	}

	async add(items: readonly Buffer[]): Promise<Array<boolean | null>> {
		const { key } = this.#options;
		const added: Array<boolean | null> = [];
		for (const chunk of inChunks(items, CHUNK)) {
			const insert = raw(["BF.INSERT", key, "NOCREATE", "ITEMS", ...chunk], { key, decode: insertions });
			let outcomes: boolean[];
			try {
				outcomes = await this.#run(insert);
			} catch (error) {
				if (!saysAbsent(error)) throw error;
				await this.reserve();
				outcomes = await this.#run(insert);
			}
			added.push(...outcomes);
			if (outcomes.length < chunk.length) break;
		}
		while (added.length < items.length) added.push(null);
		return added;
	}

	async has(items: readonly Buffer[]): Promise<boolean[]> {
		const { key } = this.#options;
		const known: boolean[] = [];
		for (const chunk of inChunks(items, CHUNK))
			known.push(
				...(await this.#run(raw(["BF.MEXISTS", key, ...chunk], { key, readOnly: true, decode: flags }))),
			);
		return known;
	}

	count(): Promise<number> {
		const { key } = this.#options;
		return this.#run(raw(["BF.CARD", key], { key, readOnly: true, decode: integer }));
	}

	async info(): Promise<BloomInfo | null> {
		const { key } = this.#options;
		try {
			return await this.#run(raw(["BF.INFO", key], { key, readOnly: true, decode: information }));
		} catch (error) {
			if (saysAbsent(error)) return null;
			throw error;
		}
	}

	async clear(): Promise<boolean> {
		return (await this.#run(unlink(this.#options.key))) > 0;
	}

	async #made(reserved: Promise<void>): Promise<boolean> {
		try {
			await reserved;
			return true;
		} catch (error) {
			if (error instanceof ServerError && /exists/i.test(error.reply)) return false;
			throw error;
		}
	}

	async #run<T>(command: Command<T>): Promise<T> {
		try {
			return await this.#redis.command(command);
		} catch (error) {
			throw this.#explained(error);
		}
	}

	#explained(error: unknown): unknown {
		return error instanceof ServerError && error.code === "WRONGTYPE"
			? new BloomBackendError(this.#options.key, "native", { cause: error })
			: error;
	}
}

function saysAbsent(error: unknown): boolean {
	return error instanceof ServerError && /not found|not exist/i.test(error.reply);
}

const flags = listOf(flag);
const items: (reply: WireReply) => Reply[] = listOf(canonical);

/** What became of each item. Of a full filter the reply ends early, with an error in the place of the item that found it full. */
function insertions(reply: WireReply): boolean[] {
	const outcomes = items(reply);
	const last = outcomes.at(-1);
	if (!(last instanceof ServerError)) return outcomes.map(flag);
	if (!/\bfull\b/i.test(last.reply)) throw last;
	return outcomes.slice(0, -1).map(flag);
}

const fields = mapOf((value) => value);

/** Names and values, of which the modules have some more and some fewer. */
function information(reply: WireReply): BloomInfo {
	const known = fields(reply);
	const capacity = integer(known.get("Capacity") ?? null);
	const inserted = integer(known.get("Number of items inserted") ?? null);
	return {
		...{ backend: "native", capacity, inserted, saturation: inserted / capacity },
		bytes: integer(known.get("Size") ?? null),
		layers: integer(known.get("Number of filters") ?? null),
		estimatedErrorRate: null,
	};
}
