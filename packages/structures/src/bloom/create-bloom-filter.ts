import { checkPort, commandInfo, InvalidArgumentError, isText, type RedisPort, type } from "@rk/client";
import type { Backend } from "./backend.ts";
import { BitfieldBackend } from "./bitfield.ts";
import type { BloomFilter, BloomInfo, BloomItem } from "./bloom-filter.ts";
import { BloomFullError } from "./errors.ts";
import { NativeBackend } from "./native.ts";
import {
	type BloomFilterOptions,
	checkWritable,
	type ResolvedBloomOptions,
	resolveBloomOptions,
} from "./options.ts";

/**
 * A Bloom filter, kept by the module's commands where the server has them, and in plain Redis where it has not.
 *
 * In plain Redis the loss of any of its keys is noticed ({@link BloomLostError}). A filter that is lost as a whole, in either, is a new
 * one. Do not let the server evict it (`noeviction`, or a `volatile-…` policy without `ttlMs`).
 *
 * @throws {InvalidArgumentError} an option is not acceptable
 */
export function createBloomFilter(redis: RedisPort, options: BloomFilterOptions): BloomFilter {
	return new Filter(redis, resolveBloomOptions(options));
}

class Filter implements BloomFilter {
	readonly key: string;
	readonly #redis: RedisPort;
	readonly #options: ResolvedBloomOptions;
	#backend: Promise<Backend> | undefined;

	constructor(redis: RedisPort, options: ResolvedBloomOptions) {
		checkPort("redis", redis);
		this.key = options.key;
		this.#redis = redis;
		this.#options = options;
	}

	async reserve(): Promise<boolean> {
		checkWritable(this.#options);
		return (await this.#opened()).reserve();
	}

	async add(item: BloomItem): Promise<boolean> {
		const [added] = await this.#add([item]);
		return added === true;
	}

	addMany(items: Iterable<BloomItem>): Promise<boolean[]> {
		return this.#add(items);
	}

	async #add(items: Iterable<BloomItem>): Promise<boolean[]> {
		checkWritable(this.#options);
		const given = bytesOf(items);
		const added = await (await this.#opened()).add(given);
		if (added.includes(null)) throw new BloomFullError(this.key, added);
		return added.map((outcome) => outcome === true);
	}

	async has(item: BloomItem): Promise<boolean> {
		const [known] = await this.hasMany([item]);
		return known === true;
	}

	async hasMany(items: Iterable<BloomItem>): Promise<boolean[]> {
		const given = bytesOf(items);
		return (await this.#opened()).has(given);
	}

	async count(): Promise<number> {
		return (await this.#opened()).count();
	}

	async info(): Promise<BloomInfo | null> {
		return (await this.#opened()).info();
	}

	async clear(): Promise<boolean> {
		return (await this.#opened()).clear();
	}

	#opened(): Promise<Backend> {
		this.#backend ??= this.#open().catch((error) => {
			this.#backend = undefined; // the next call asks again
			throw error;
		});
		return this.#backend;
	}

	async #open(): Promise<Backend> {
		const backend = this.#options.backend === "auto" ? await this.#suited() : this.#options.backend;
		return backend === "native"
			? new NativeBackend(this.#redis, this.#options)
			: new BitfieldBackend(this.#redis, this.#options);
	}

	/** What keeps the filter that is there, or can keep a new one. */
	async #suited(): Promise<"native" | "bitfield"> {
		const [kind, commands] = await this.#redis.batch([type(this.key), commandInfo("BF.INSERT")]);
		if (kind instanceof Error) throw kind;
		if (kind === "hash") return "bitfield";
		if (commands instanceof Error) throw commands;
		return commands[0] == null ? "bitfield" : "native";
	}
}

function bytesOf(items: Iterable<BloomItem>): Buffer[] {
	if (
		typeof items !== "object" ||
		items === null ||
		!(Symbol.iterator in items) ||
		items instanceof Uint8Array
	)
		throw new InvalidArgumentError("items", items, "an array, a Set, or another iterable object");
	return Array.from(items, (item) => {
		if (isText(item)) return Buffer.from(item);
		if (item instanceof Uint8Array) return Buffer.from(item); // a copy: the caller may use the bytes anew
		throw new InvalidArgumentError("item", item, "well-formed text, or bytes as a Uint8Array");
	});
}
