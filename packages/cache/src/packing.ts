import type { Codec } from "./codec.ts";
import type { Held } from "./entry.ts";
import type { Times } from "./envelope.ts";
import { EncodeError } from "./errors.ts";
import { freshMs, type Policy } from "./policy.ts";
import type { Presentation, Schema } from "./presentation.ts";

/** A value, encoded, and as callers get it. */
export interface Packed {
	readonly payload: Buffer;
	readonly held: Held;
}

/** Makes of a value what is stored. */
export class Packing {
	readonly #codec: Codec;
	readonly #presentation: Presentation;
	readonly #random: () => number;

	constructor(codec: Codec, presentation: Presentation, random: () => number) {
		this.#codec = codec;
		this.#presentation = presentation;
		this.#random = random;
	}

	get codecId(): number {
		return this.#codec.id;
	}

	/** @throws {EncodeError} the value would not come back @throws {SchemaError} */
	async pack(key: string, value: unknown, schema: Schema | undefined): Promise<Packed> {
		const payload = this.encode(key, value);
		return { payload, held: await this.present(key, payload, schema) };
	}

	/** @throws {EncodeError} the value would not come back */
	encode(key: string, value: unknown): Buffer {
		try {
			return this.#codec.encode(value);
		} catch (error) {
			throw new EncodeError(key, error instanceof Error ? error.message : String(error), { cause: error });
		}
	}

	/** As callers get it. @throws {SchemaError} */
	present(key: string, payload: Buffer, schema: Schema | undefined): Held | Promise<Held> {
		return this.#presentation.present(key, payload, schema);
	}

	/** The same without a schema. */
	hold(payload: Buffer): Held {
		return this.#presentation.hold(payload);
	}

	/** How long the value lives from now on; `undefined`: it is not to be cached. @param ttlMs instead of the policy's */
	times(value: unknown, policy: Policy, now: number, ttlMs?: number): Times | undefined {
		const { jitter, staleMs, staleIfErrorMs: errorMs } = policy;
		const fresh = freshMs(ttlMs ?? (value === null ? policy.nullTtlMs : policy.ttlMs), jitter, this.#random);
		return fresh > 0 ? { storedAt: now, freshMs: fresh, staleMs, errorMs } : undefined;
	}
}
