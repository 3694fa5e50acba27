import type { StandardSchemaV1 } from "@standard-schema/spec";
import { type Codec, json } from "./codec.ts";
import type { Held } from "./entry.ts";
import { SchemaError } from "./errors.ts";

/** What callers get of a value: see `l1.mode`. */
export type Mode = "frozen" | "clone" | "shared";

export type Schema = StandardSchemaV1<unknown, unknown>;

/** Makes of encoded bytes what callers get, so that it is the same whether it was just loaded, set, or read from Redis. */
export class Presentation {
	readonly #codec: Codec;
	readonly #mode: Mode;

	constructor(codec: Codec, mode: Mode) {
		this.#codec = codec;
		this.#mode = mode;
	}

	/** @throws what the codec throws @throws {SchemaError} */
	present(key: string, payload: Buffer, schema: Schema | undefined): Held | Promise<Held> {
		if (schema === undefined) return this.hold(payload);
		const result = schema["~standard"].validate(this.#codec.decode(payload));
		if (result instanceof Promise) return result.then((done) => this.#checked(key, done, payload));
		return this.#checked(key, result, payload);
	}

	/** Without a schema. @throws what the codec throws */
	hold(payload: Buffer): Held {
		return this.#held(this.#codec.decode(payload), payload, false);
	}

	#checked(key: string, result: StandardSchemaV1.Result<unknown>, payload: Buffer): Held {
		if (result.issues !== undefined) throw new SchemaError(key, result.issues);
		return this.#held(result.value, payload, true);
	}

	#held(value: unknown, payload: Buffer, parsed: boolean): Held {
		const size = payload.length;
		if (!isObject(value) || this.#mode === "shared") return { value, copy: undefined, size };
		const isTree = !parsed && this.#codec === json;
		if (this.#mode === "frozen" && freeze(value, isTree)) return { value, copy: undefined, size };
		// What a schema made of the bytes is copied itself: it may take its time to make it again.
		const copy = parsed ? () => structuredClone(value) : () => this.#codec.decode(payload);
		const untouched = this.#mode === "clone" && !parsed;
		return { value: untouched ? value : copy(), copy, size };
	}
}

/**
 * Freezes it and all that is in it; false where something in it can be changed even then: binary data, dates, maps and sets.
 *
 * @param isTree `JSON.parse` made it: a tree of plain objects and arrays, which costs half, and is what most hits in Redis are
 */
function freeze(root: object, isTree: boolean): boolean {
	const left: object[] = [];
	for (let object: object | undefined = root; object !== undefined; object = left.pop()) {
		if (!isTree) {
			if (Object.isFrozen(object)) continue;
			if (!isPlain(object) && changeable(object)) return false;
		}
		Object.freeze(object);
		const values: readonly unknown[] = isTree && Array.isArray(object) ? object : Object.values(object);
		for (let i = 0; i < values.length; i++) {
			const value = values[i];
			if (isObject(value)) left.push(value);
		}
	}
	return true;
}

function isObject(value: unknown): value is object {
	return typeof value === "object" && value !== null;
}

/** What JSON makes, most of all values, is told at once. */
function isPlain(object: object): boolean {
	return Array.isArray(object) || Object.getPrototypeOf(object) === Object.prototype;
}

function changeable(object: object): boolean {
	return (
		ArrayBuffer.isView(object) ||
		object instanceof Date ||
		object instanceof Map ||
		object instanceof Set ||
		object instanceof ArrayBuffer ||
		object instanceof SharedArrayBuffer
	);
}
