import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { Codec } from "./codec.ts";
import { DecodeError, HandlerTimeoutError, PoisonError, SchemaError } from "./errors.ts";
import type { HandlerWatch } from "./handler-watch.ts";
import type { Reports } from "./reports.ts";
import type { Tally } from "./tally.ts";
import { isThenable } from "./thenable.ts";

/** What is known of a message beside itself. */
export interface MessageMeta {
	/** Where it was published; of a durable topic, the topic's name. */
	readonly channel: string;
	/** The pattern that let it in. */
	readonly pattern: string | undefined;
}

export interface ConsumerParts<M extends MessageMeta> {
	readonly codec: Codec;
	readonly schema: StandardSchemaV1 | undefined;
	readonly handler: (message: unknown, meta: M) => unknown;
	readonly onPoison: ((poison: PoisonError) => void) | undefined;
	readonly reports: Reports;
	/** `undefined`: the handler may take as long as it likes. */
	readonly watch: HandlerWatch | undefined;
	readonly tally: Tally;
}

/** Makes bytes a message and gives it to the handler. Whatever goes wrong there is told, and stays there. */
export class Consumer<M extends MessageMeta> {
	readonly #parts: ConsumerParts<M>;

	constructor(parts: ConsumerParts<M>) {
		this.#parts = parts;
	}

	/** `undefined`: done. Otherwise it is done when the promise resolves; it never rejects. */
	take(payload: Buffer, meta: M): Promise<void> | undefined {
		this.#parts.tally.received += 1;
		let going: PromiseLike<unknown>;
		try {
			const given = this.#attempt(payload, meta);
			if (!isThenable(given)) return undefined;
			going = given;
		} catch (error) {
			this.#failed(error, payload, meta);
			return undefined;
		}
		return this.#ended(going, payload, meta);
	}

	#attempt(payload: Buffer, meta: M): unknown {
		const { schema, handler } = this.#parts;
		const message = this.#decoded(payload, meta);
		if (schema === undefined) return handler(message, meta);
		const result = this.#validated(schema, message, payload, meta);
		if (!isThenable(result)) return handler(accepted(result, payload, meta), meta);
		return result.then(
			(late) => handler(accepted(late, payload, meta), meta),
			(cause) => {
				throw new DecodeError(meta.channel, payload, cause);
			},
		);
	}

	#decoded(payload: Buffer, meta: M): unknown {
		try {
			return this.#parts.codec.decode(payload);
		} catch (cause) {
			throw new DecodeError(meta.channel, payload, cause);
		}
	}

	#validated(
		schema: StandardSchemaV1,
		message: unknown,
		payload: Buffer,
		meta: M,
	): ReturnType<StandardSchemaV1["~standard"]["validate"]> {
		try {
			return schema["~standard"].validate(message);
		} catch (cause) {
			throw new DecodeError(meta.channel, payload, cause);
		}
	}

	#ended(going: PromiseLike<unknown>, payload: Buffer, meta: M): Promise<void> {
		const { watch, tally, reports } = this.#parts;
		return new Promise((resolve) => {
			const watched = watch?.begin(() => {
				tally.failed += 1;
				reports.tell(new HandlerTimeoutError(meta.channel, watch.timeoutMs), meta);
				resolve();
			});
			/** False where it was given up, and told, before. */
			const inTime = (): boolean => watched === undefined || watch?.end(watched) === true;
			const failed = (error: unknown): void => {
				if (inTime()) this.#failed(error, payload, meta);
				resolve();
			};
			try {
				going.then(() => {
					inTime();
					resolve();
				}, failed);
			} catch (error) {
				failed(error); // not a promise, but something like it, such as a query that begins when it is awaited
			}
		});
	}

	#failed(error: unknown, payload: Buffer, meta: M): void {
		const { tally, reports, onPoison } = this.#parts;
		// A handler may throw the poison of another subscription.
		if (error instanceof PoisonError && error.payload === payload) {
			tally.poisoned += 1;
			reports.tell(error, meta, onPoison);
		} else {
			tally.failed += 1;
			reports.tell(error, meta);
		}
	}
}

function accepted(result: StandardSchemaV1.Result<unknown>, payload: Buffer, meta: MessageMeta): unknown {
	if (result.issues !== undefined) throw new SchemaError(meta.channel, payload, result.issues);
	return result.value;
}
