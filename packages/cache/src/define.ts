import { checkKnown, InvalidArgumentError } from "@rk/client";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { keyOfArgument } from "./args-key.ts";
import type { LoadContext, Loader, LoadManyContext, LoadManyOptions, ManyLoader } from "./cache.ts";
import { type Call, checkErrors, checkSignal } from "./call-options.ts";
import { checkText, checkTexts } from "./names.ts";
import { POLICY_OPTIONS, type Policy, type PolicyOptions, resolvePolicy } from "./policy.ts";
import type { Schema } from "./presentation.ts";

/** A kind of value: how it is found, and how long it lives. */
export interface Definition<A, T> extends PolicyOptions {
	/** The key of an argument. @default a canonical text of it: equal plain values give equal keys, all others different ones */
	readonly key?: (argument: A) => string;
	readonly load: (argument: A, context: LoadContext) => T | PromiseLike<T>;
	/**
	 * Loads many at once, for `getMany`: the values in the order of the arguments, an `Error` in the place of one that failed.
	 * @default `load` for each
	 */
	readonly loadMany?: (
		missing: readonly A[],
		context: LoadManyContext,
	) => ReadonlyArray<T | Error> | PromiseLike<ReadonlyArray<T | Error>>;
	/**
	 * What every value must meet, as loaded and as read from Redis, where one that does not counts as missing. Callers get its output, in
	 * both cases made from what the codec gives back.
	 */
	readonly schema?: StandardSchemaV1<unknown, T>;
	readonly tags?: (argument: A) => readonly string[];
}

export interface SignalOption {
	/** Ends this caller's wait, and the load itself when nobody else waits for it. */
	readonly signal?: AbortSignal;
}

type GetManyOptions = Pick<LoadManyOptions, "signal" | "errors">;

/** The values of one kind. Made by {@link Cache.define}. */
export interface Defined<A, T> {
	/** As {@link Cache.getOrLoad}. @throws {SchemaError} what was loaded does not meet the schema */
	get(argument: A, options?: SignalOption): Promise<T>;
	/** In the order of the arguments; as {@link Cache.getOrLoadMany}. */
	getMany(
		args: readonly A[],
		options: GetManyOptions & { readonly errors: "return" },
	): Promise<Array<T | Error>>;
	getMany(args: readonly A[], options?: GetManyOptions & { readonly errors?: "throw" }): Promise<T[]>;
	/** As {@link Cache.peek}. */
	peek(argument: A): T | undefined;
	/** As {@link Cache.set}, with the definition's policy. @throws {SchemaError} before anything is sent */
	set(argument: A, value: T): Promise<void>;
	delete(argument: A): Promise<void>;
	expire(argument: A): Promise<void>;
	/** Loads it although it may be fresh, and gives the new value. */
	refresh(argument: A, options?: SignalOption): Promise<T>;
	/** The key of an argument in the cache. */
	keyOf(argument: A): string;
}

const DEFINITION: readonly string[] = [...POLICY_OPTIONS, "key", "load", "loadMany", "schema", "tags"];

/** What a definition needs of its cache. */
export interface Host {
	load(key: string, loader: Loader<unknown>, call: Call, schema: Schema | undefined): Promise<unknown>;
	loadMany(
		keys: readonly string[],
		loader: ManyLoader<unknown>,
		call: Call,
		schema: Schema | undefined,
	): Promise<unknown[]>;
	refresh(key: string, loader: Loader<unknown>, call: Call, schema: Schema | undefined): Promise<unknown>;
	set(key: string, value: unknown, call: Call, schema: Schema | undefined): Promise<void>;
	peek(key: string): unknown;
	delete(key: string): Promise<void>;
	expire(key: string): Promise<void>;
}

/** @throws {InvalidArgumentError} */
export function checkDefinition(name: string, definition: object): void {
	if (typeof name !== "string" || !/^[^:]+$/.test(name))
		throw new InvalidArgumentError("name", name, "text without a colon, not empty");
	checkText("name", name);
	checkKnown("", definition, DEFINITION);
	for (const option of ["load", "key", "loadMany", "tags"]) {
		const value: unknown = Reflect.get(definition, option);
		if (typeof value === "function" || (value === undefined && option !== "load")) continue;
		throw new InvalidArgumentError(option, value, "a function");
	}
	const schema: unknown = Reflect.get(definition, "schema");
	if (schema !== undefined && !isSchema(schema))
		throw new InvalidArgumentError("schema", schema, "a schema with the Standard Schema interface");
}

function isSchema(value: unknown): boolean {
	if ((typeof value !== "object" && typeof value !== "function") || value === null) return false;
	const standard: unknown = Reflect.get(value, "~standard");
	return typeof standard === "object" && standard !== null && "validate" in standard;
}

/** The values of one kind, in a cache. */
export class DefinedValues<A, T> implements Defined<A, T> {
	readonly #name: string;
	readonly #definition: Definition<A, T>;
	readonly #host: Host;
	readonly #policy: Policy;

	constructor(name: string, definition: Definition<A, T>, host: Host, policy: Policy) {
		this.#name = name;
		this.#definition = definition;
		this.#host = host;
		this.#policy = resolvePolicy(definition, policy);
	}

	keyOf(argument: A): string {
		const { key = keyOfArgument } = this.#definition;
		const text = key(argument);
		checkText("key", text);
		return `${this.#name}:${text}`;
	}

	get(argument: A, options?: SignalOption): Promise<T>;
	get(argument: A, options: SignalOption = {}): Promise<unknown> {
		const { schema } = this.#definition;
		return this.#host.load(
			this.keyOf(argument),
			this.#loader(argument),
			this.#call(argument, options),
			schema,
		);
	}

	getMany(args: readonly A[], options?: GetManyOptions): Promise<T[]>;
	async getMany(args: readonly A[], options: GetManyOptions = {}): Promise<unknown[]> {
		checkKnown("", options, ["signal", "errors"]);
		const { signal, errors = "throw" } = options;
		checkSignal(signal);
		checkErrors(errors);
		const { loadMany, tags, schema } = this.#definition;
		// Each argument may have tags of its own, which one load of all cannot have.
		if (loadMany === undefined || tags !== undefined) {
			const failed = (error: unknown): Error => {
				if (errors === "return" && error instanceof Error && !signal?.aborted) return error;
				throw error;
			};
			const own = signal === undefined ? {} : { signal };
			return Promise.all(args.map((argument) => this.get(argument, own).catch(failed)));
		}
		const byKey = new Map(args.map((argument) => [this.keyOf(argument), { argument }] as const));
		const keys = args.map((argument) => this.keyOf(argument));
		const argumentsOf = (missing: readonly string[]): A[] =>
			missing.flatMap((key) => byKey.get(key) ?? []).map(({ argument }) => argument);
		const loader: ManyLoader<unknown> = (missing, context) => loadMany(argumentsOf(missing), context);
		const call: Call = { policy: this.#policy, tags: NO_TAGS, signal, errors, waitsSince: undefined };
		return this.#host.loadMany(keys, loader, call, schema);
	}

	peek(argument: A): T | undefined;
	peek(argument: A): unknown {
		return this.#host.peek(this.keyOf(argument));
	}

	set(argument: A, value: T): Promise<void> {
		return this.#host.set(this.keyOf(argument), value, this.#call(argument, {}), this.#definition.schema);
	}

	delete(argument: A): Promise<void> {
		return this.#host.delete(this.keyOf(argument));
	}

	expire(argument: A): Promise<void> {
		return this.#host.expire(this.keyOf(argument));
	}

	refresh(argument: A, options?: SignalOption): Promise<T>;
	refresh(argument: A, options: SignalOption = {}): Promise<unknown> {
		const { schema } = this.#definition;
		const loader = this.#loader(argument);
		return this.#host.refresh(this.keyOf(argument), loader, this.#call(argument, options), schema);
	}

	#loader(argument: A): Loader<unknown> {
		return (context) => this.#definition.load(argument, context);
	}

	#call(argument: A, options: SignalOption): Call {
		checkKnown("", options, ["signal"]);
		checkSignal(options.signal);
		const tags = this.#definition.tags?.(argument) ?? NO_TAGS;
		if (tags !== NO_TAGS) checkTexts("tags", tags);
		return {
			policy: this.#policy,
			tags: [...new Set(tags)],
			signal: options.signal,
			errors: "throw",
			waitsSince: undefined,
		};
	}
}

const NO_TAGS: readonly string[] = Object.freeze([]);
