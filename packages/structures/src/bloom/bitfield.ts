import { type Command, pexpiretime, type RedisPort, ServerError, unlink } from "@rk/client";
import { inChunks } from "../chunks.ts";
import { siblingOf } from "../sibling-key.ts";
import type { Backend } from "./backend.ts";
import type { BloomInfo } from "./bloom-filter.ts";
import { BloomBackendError, BloomConfigError, BloomLostError } from "./errors.ts";
import type { ResolvedBloomOptions } from "./options.ts";
import { type Places, packed, placesOf } from "./places.ts";
import * as scripts from "./scripts.ts";
import { MOST_BITS, type Shape, shapeOf } from "./shape.ts";

/** Items in one script: few enough not to hold up other clients. */
const CHUNK = 100;
/** Scripts under way at a time. */
const FLUSH = 8;
const MOST_LAYERS = 64;
/** What PEXPIRETIME says of a key that is not there. */
const GONE = -2;

/** A part of the filter: keys of one slot. */
interface Part {
	readonly meta: string;
	/** Of each layer that there can be. */
	readonly bits: readonly string[];
	/** How many there are, as far as is known. */
	layers: number;
}

/** Some items of one part, and which of the caller's they are. */
interface Chunk {
	readonly part: Part;
	readonly places: readonly Places[];
	readonly indexes: readonly number[];
}

/**
 * A filter in plain Redis: bits in strings, and beside them a hash that says what they are. Every script reads both, so that no process
 * works by what it believes the filter to be.
 */
export class BitfieldBackend implements Backend {
	readonly #redis: RedisPort;
	readonly #options: ResolvedBloomOptions;
	readonly #shape: Shape;
	readonly #parts: readonly Part[];
	readonly #config: string;
	readonly #growing: readonly string[];
	#making: Promise<unknown> | undefined;

	constructor(redis: RedisPort, options: ResolvedBloomOptions) {
		const { key, capacity, errorRate, growth } = options;
		this.#redis = redis;
		this.#options = options;
		this.#shape = shapeOf(options);
		this.#parts = Array.from({ length: this.#shape.parts }, (_, i) => partOf(key, i, growth));
		this.#config = `capacity ${capacity}, errorRate ${errorRate}, ${growth === undefined ? "no scaling" : `growth ${growth}`}`;
		this.#growing = [
			String(growth ?? ""),
			String(this.#shape.errorRate),
			String(MOST_BITS),
			String(MOST_LAYERS),
		];
	}

	/** First all parts, then in each that they are all there: see complete.lua. */
	async reserve(): Promise<boolean> {
		await this.#checkWhole();
		const [first, ...others] = this.#parts;
		if (first === undefined) return false;
		const { ttlMs } = this.#options;
		const made = await this.#reserve(first, ttlMs === undefined ? "" : String(ttlMs));
		if (others.length === 0) return made;
		// All of them expire at one moment, which may come before the last of them is made.
		const expiresAt = await this.#run(pexpiretime(first.meta));
		if (expiresAt === GONE) return made;
		const expiry = expiresAt > 0 ? `@${expiresAt}` : "";
		for (const some of inChunks(others, FLUSH))
			await Promise.all(some.map((part) => this.#reserve(part, expiry)));
		for (const { meta } of this.#parts) {
			if ((await this.#run(scripts.complete([meta], [this.#config]))) === 1) continue;
			if (expiry !== "" && (await this.#run(pexpiretime(first.meta))) === GONE) break;
			throw new BloomLostError(this.#options.key, meta);
		}
		return made;
	}

	async add(items: readonly Buffer[]): Promise<Array<boolean | null>> {
		const added = items.map((): boolean | null => null);
		await this.#each(items, async ({ part, places, indexes }) => {
			let made = false;
			for (let done = 0; done < places.length; ) {
				const reach = this.#options.growth === undefined ? part.layers : part.layers + 1;
				const args = [packed(places.slice(done)), ...this.#growing];
				const { status, facts } = await this.#ask(scripts.add, part, args, reach);
				for (const [i, fact] of facts.entries()) added[indexes[done + i] ?? -1] = fact === 1;
				done += facts.length;
				if (status === "full") return;
				if (status !== "absent") continue;
				if (made && this.#options.ttlMs !== undefined) {
					// It expires sooner than anything can be added: all that is left was new, and is gone again.
					for (const index of indexes.slice(done)) added[index] = true;
					return;
				}
				await this.#reserved();
				made = true;
			}
		});
		return added;
	}

	async has(items: readonly Buffer[]): Promise<boolean[]> {
		const known = items.map(() => false);
		let checked: Promise<void> | undefined;
		await this.#each(items, async ({ part, places, indexes }) => {
			const { status, facts } = await this.#askAll(scripts.has, part, [packed(places)]);
			if (status === "absent") {
				checked ??= this.#checkWhole();
				await checked;
			}
			for (const [i, fact] of facts.entries()) known[indexes[i] ?? -1] = fact === 1;
		});
		return known;
	}

	async count(): Promise<number> {
		const layers = await this.#measured("");
		return layers.flat().reduce((sum, { inserted }) => sum + inserted, 0);
	}

	async info(): Promise<BloomInfo | null> {
		const parts = await this.#measured("1");
		const layers = parts.flat();
		if (layers.length === 0) return null;
		const sum = (field: keyof Layer): number => layers.reduce((total, layer) => total + layer[field], 0);
		const [capacity, inserted, bytes] = [sum("capacity"), sum("inserted"), sum("bytes")];
		const rates = parts.map(errorRateOf);
		return {
			...{ backend: "bitfield", capacity, inserted, bytes, saturation: inserted / capacity },
			layers: Math.max(...parts.map((part) => part.length)),
			estimatedErrorRate: rates.reduce((total, rate) => total + rate, 0) / rates.length,
		};
	}

	async clear(): Promise<boolean> {
		const commands = this.#parts.map(({ meta, bits }) => unlink([meta, ...bits]));
		let deleted = 0;
		for (const result of await this.#redis.batch(commands)) {
			if (result instanceof Error) throw result;
			deleted += result;
		}
		return deleted > 0;
	}

	/** Once for all parts that are found missing at the same time. */
	async #reserved(): Promise<void> {
		this.#making ??= this.reserve().finally(() => {
			this.#making = undefined;
		});
		await this.#making;
	}

	async #reserve({ meta, bits }: Part, expiry: string): Promise<boolean> {
		const { bits: size, hashes, capacity } = this.#shape;
		const args = [this.#config, String(size), String(hashes), String(capacity)];
		const keys = [meta, ...bits];
		const whole = this.#parts.length === 1 ? "1" : "";
		const made = await this.#run(scripts.reserve(keys, [...args, expiry, whole]));
		if (made < 0) throw new BloomLostError(this.#options.key, meta);
		return made === 1;
	}

	/** After a part was found missing. @throws {BloomLostError} it is not the filter that is missing */
	async #checkWhole(): Promise<void> {
		if (this.#parts.length === 1) return;
		const isWhole = ({ status }: scripts.Answer): boolean => status !== "absent";
		const whole = await this.#partsThat(isWhole);
		if (whole.length === 0 || whole.length === this.#parts.length) return;
		// Asked again: what was missing before may have been made just now, but not after one was marked as of a whole.
		const [lost] = await this.#partsThat(({ status, layers }) => status === "absent" && layers === 0);
		if (lost === undefined) return;
		// And again: where the filter has expired just now, all of it has.
		if ((await this.#partsThat(isWhole)).length > 0) throw new BloomLostError(this.#options.key, lost.meta);
	}

	async #partsThat(holds: (answer: scripts.Answer) => boolean): Promise<Part[]> {
		const found: Part[] = [];
		for (const some of inChunks(this.#parts, FLUSH)) {
			const ask = async (part: Part) => holds(await this.#askAll(scripts.has, part, [packed([])]));
			const answers = await Promise.all(some.map(ask));
			found.push(...some.filter((_, i) => answers[i]));
		}
		return found;
	}

	/** The items by part, some at a time. */
	async #each(items: readonly Buffer[], work: (chunk: Chunk) => Promise<void>): Promise<void> {
		const byPart = new Map<number, number[]>();
		const places = items.map((item, index) => {
			const place = placesOf(item, this.#parts.length);
			const indexes = byPart.get(place.part);
			if (indexes === undefined) byPart.set(place.part, [index]);
			else indexes.push(index);
			return place;
		});
		const chunks: Chunk[] = [];
		for (const [number, all] of byPart)
			for (const indexes of inChunks(all, CHUNK)) {
				const part = this.#parts[number];
				if (part === undefined) continue;
				chunks.push({ part, indexes, places: indexes.flatMap((index) => places[index] ?? []) });
			}
		for (const flush of inChunks(chunks, FLUSH)) await Promise.all(flush.map(work));
	}

	async #measured(countBits: "1" | ""): Promise<Layer[][]> {
		const answers = await Promise.all(
			this.#parts.map((part) => this.#askAll(scripts.info, part, [countBits])),
		);
		const missing = answers.filter(({ status }) => status === "absent").length;
		if (missing > 0 && missing < answers.length) await this.#checkWhole();
		return answers.map(({ facts }) => inChunks(facts, LAYER_FACTS).map(layerOf));
	}

	/** Asks until all layers are among the keys. */
	async #askAll(
		script: typeof scripts.has,
		part: Part,
		args: Array<string | Buffer>,
	): Promise<scripts.Answer> {
		for (;;) {
			const answer = await this.#ask(script, part, args, part.layers);
			if (answer.status !== "more-layers") return answer;
		}
	}

	async #ask(
		script: typeof scripts.has,
		part: Part,
		args: Array<string | Buffer>,
		reach: number,
	): Promise<scripts.Answer> {
		const keys = [part.meta, ...part.bits.slice(0, reach)];
		const answer = await this.#run(script(keys, [this.#config, ...args]));
		if (answer.status === "lost")
			throw new BloomLostError(this.#options.key, part.bits[answer.layers - 1] ?? part.meta);
		if (answer.layers > part.bits.length)
			// with no more keys to ask with, the answer would never be another one
			throw new BloomConfigError(this.#options.key, this.#config, `${answer.layers} layers`);
		if (answer.status !== "absent") part.layers = Math.max(part.layers, answer.layers);
		// There may be bits of layers that this process has not met, whose hash is lost.
		else if (answer.layers === 0 && reach < part.bits.length)
			return this.#ask(script, part, args, part.bits.length);
		return answer;
	}

	async #run<T>(command: Command<T>): Promise<T> {
		try {
			return await this.#redis.command(command);
		} catch (error) {
			if (!(error instanceof ServerError)) throw error;
			const { key } = this.#options;
			if (error.code === "RKCONFIG")
				throw new BloomConfigError(key, this.#config, error.reply.replace("RKCONFIG ", ""), { cause: error });
			if (/WRONGTYPE/.test(error.reply)) throw new BloomBackendError(key, "bitfield", { cause: error });
			throw error;
		}
	}
}

function partOf(key: string, i: number, growth: number | undefined): Part {
	const [base, infix] = i === 0 ? [key, ""] : [`${key}:${i}`, "part:"];
	const layers = Array.from({ length: growth === undefined ? 1 : MOST_LAYERS }, (_, n) => n + 1);
	return {
		meta: i === 0 ? key : siblingOf(base, "part"),
		bits: layers.map((layer) => siblingOf(base, `${infix}bits:${layer}`)),
		layers: 1,
	};
}

interface Layer {
	readonly bits: number;
	readonly hashes: number;
	readonly capacity: number;
	readonly inserted: number;
	readonly set: number;
	readonly bytes: number;
}

const LAYER_FACTS = 6;

function layerOf(facts: readonly number[]): Layer {
	const [bits = 0, hashes = 0, capacity = 0, inserted = 0, set = 0, bytes = 0] = facts;
	return { bits, hashes, capacity, inserted, set, bytes };
}

/** An item that was not added passes for added if all its bits are set in one of the layers. */
function errorRateOf(layers: readonly Layer[]): number {
	return 1 - layers.reduce((right, { bits, hashes, set }) => right * (1 - (set / bits) ** hashes), 1);
}
