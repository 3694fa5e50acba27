import { checkInteger, checkKnown, checkMs, InvalidArgumentError } from "@rk/client";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { type Codec, json } from "./codec.ts";
import type { MessageGapError, PoisonError } from "./errors.ts";
import type { Overflow } from "./mailbox.ts";
import type { ErrorListener } from "./reports.ts";

export interface PubSubOptions {
	/** How messages become bytes. @default JSON in UTF-8 */
	readonly codec?: Codec;
	/**
	 * Is told of everything that went wrong and has no listener of its own: what a handler threw or rejected with, once each; poison, gaps,
	 * losses, overflows. @default a process warning (`RK_LISTENER_ERROR`) each
	 */
	readonly onError?: ErrorListener;
	/** How many messages may wait for a handler, for each of its channels. @default 1_000 */
	readonly maxQueue?: number;
	/**
	 * What happens when more would wait: `drop-oldest` or `drop-newest` of them, counted; `error` ends the subscription once the rest is
	 * handled; `pause` unsubscribes until half of the queue is free, so that what is published meanwhile is missed, and told as a gap.
	 * @default "drop-oldest"
	 */
	readonly overflow?: Overflow;
	/** A handler that takes longer is given up, so that the next message is delivered; `null`: never. In milliseconds. @default 30_000 */
	readonly handlerTimeoutMs?: number | null;
	/** What the keys of durable topics begin with. @default "pubsub" */
	readonly prefix?: string;
	/** Milliseconds that only grow, for `handlerTimeoutMs`. @default performance.now */
	readonly clock?: () => number;
}

export interface ResolvedOptions {
	readonly codec: Codec;
	readonly onError: ErrorListener | undefined;
	readonly maxQueue: number;
	readonly overflow: Overflow;
	readonly handlerTimeoutMs: number | null;
	readonly prefix: string;
	readonly clock: () => number;
}

export const DEFAULTS: Readonly<{
	maxQueue: number;
	overflow: Overflow;
	handlerTimeoutMs: number;
	prefix: string;
}> = Object.freeze({ maxQueue: 1_000, overflow: "drop-oldest", handlerTimeoutMs: 30_000, prefix: "pubsub" });

const OVERFLOWS: readonly string[] = ["drop-oldest", "drop-newest", "error", "pause"] satisfies Overflow[];

/** @throws {InvalidArgumentError} */
export function resolveOptions(options: PubSubOptions): ResolvedOptions {
	checkKnown("", options, [
		...["codec", "onError", "maxQueue", "overflow", "handlerTimeoutMs", "prefix", "clock"],
	]);
	const { codec = json, onError, clock = () => performance.now() } = options;
	const { maxQueue = DEFAULTS.maxQueue, overflow = DEFAULTS.overflow, prefix = DEFAULTS.prefix } = options;
	const { handlerTimeoutMs = DEFAULTS.handlerTimeoutMs } = options;
	checkFunction("codec.encode", codec?.encode);
	checkFunction("codec.decode", codec?.decode);
	checkListener("onError", onError);
	checkInteger("maxQueue", maxQueue, 1);
	if (!OVERFLOWS.includes(overflow))
		throw new InvalidArgumentError("overflow", overflow, `one of ${OVERFLOWS.join(", ")}`);
	if (handlerTimeoutMs !== null) checkMs("handlerTimeoutMs", handlerTimeoutMs);
	checkText("prefix", prefix);
	checkFunction("clock", clock);
	return { codec, onError, maxQueue, overflow, handlerTimeoutMs, prefix, clock };
}

export interface PublishOptions {
	/** To a shard channel, which only subscriptions with `sharded` hear. @default false */
	readonly sharded?: boolean;
}

export interface PatternOptions {
	/** Ends the subscription, also while it is being made. */
	readonly signal?: AbortSignal;
	/** Handlers at a time, for each channel; above 1, messages may overtake each other. @default 1 */
	readonly concurrency?: number;
	/** Is told of each message that cannot be read, or that the schema refuses. @default `onError` is */
	readonly onPoison?: (poison: PoisonError) => void;
	/** Messages may have been missed; called once they come again. @default `onError` is */
	readonly onGap?: (gap: MessageGapError) => void;
}

export interface SubscribeOptions extends PatternOptions {
	/** Shard channels: in a cluster, only the nodes of their slots carry them. @default false */
	readonly sharded?: boolean;
}

/** Any schema of the Standard Schema kind (Zod, Valibot, ArkType, …), whose output the handler gets. */
export interface WithSchema<T> {
	readonly schema: StandardSchemaV1<unknown, T>;
}

/** What a loop may choose; its messages come one at a time. */
export type IterateOptions = Omit<SubscribeOptions, "concurrency">;

export interface DrainOptions {
	/** How long what waits may still be handled, in milliseconds. @default 0 */
	readonly drainMs?: number;
}

const ITERATE_OPTIONS = ["signal", "onPoison", "onGap", "schema", "sharded"];
const PATTERN_OPTIONS = ["signal", "onPoison", "onGap", "schema", "concurrency"];

/** What each of them takes. */
export const KNOWN: Readonly<Record<"subscribe" | "psubscribe" | "iterate", readonly string[]>> = {
	subscribe: [...PATTERN_OPTIONS, "sharded"],
	psubscribe: PATTERN_OPTIONS,
	iterate: ITERATE_OPTIONS,
};

/** @throws {InvalidArgumentError} */
export function checkSubscribe(
	options: SubscribeOptions & Partial<WithSchema<unknown>>,
	known: readonly string[],
): void {
	checkKnown("", options, known);
	const { concurrency, onPoison, onGap, schema } = options;
	if (concurrency !== undefined) checkInteger("concurrency", concurrency, 1);
	checkListener("onPoison", onPoison);
	checkListener("onGap", onGap);
	checkFlag("sharded", options.sharded);
	checkSchema(schema);
	checkSignal(options.signal);
}

/** @throws {InvalidArgumentError} */
export function checkPublish(options: PublishOptions): void {
	checkKnown("", options, ["sharded"]);
	checkFlag("sharded", options.sharded);
}

/** @throws {InvalidArgumentError} */
export function checkDrain(options: DrainOptions): number {
	checkKnown("", options, ["drainMs"]);
	const { drainMs = 0 } = options;
	checkMs("drainMs", drainMs, 0);
	return drainMs;
}

/** The names, each once. @throws {InvalidArgumentError} */
export function checkNames(argument: string, given: string | readonly string[]): readonly string[] {
	const names = typeof given === "string" ? [given] : given;
	if (
		!Array.isArray(names) ||
		names.length === 0 ||
		names.some((name) => typeof name !== "string" || name === "")
	)
		throw new InvalidArgumentError(argument, given, "text that is not empty, or an array of one or more");
	return [...new Set(names)];
}

/** @throws {InvalidArgumentError} */
export function checkText(argument: string, value: unknown): void {
	if (typeof value !== "string" || value === "")
		throw new InvalidArgumentError(argument, value, "text that is not empty");
}

/** @throws {InvalidArgumentError} */
export function checkFunction(argument: string, value: unknown): void {
	if (typeof value !== "function") throw new InvalidArgumentError(argument, value, "a function");
}

/** @throws {InvalidArgumentError} */
export function checkSchema(schema: unknown): void {
	if (schema === undefined) return;
	// Some libraries' schemas are functions.
	const able = (typeof schema === "object" && schema !== null) || typeof schema === "function";
	if (!able || !("~standard" in schema))
		throw new InvalidArgumentError("schema", schema, "a schema of the Standard Schema kind");
}

/** @throws {InvalidArgumentError} */
export function checkSignal(signal: unknown): void {
	if (signal !== undefined && !(signal instanceof AbortSignal))
		throw new InvalidArgumentError("signal", signal, "an AbortSignal");
}

/** @throws {InvalidArgumentError} */
export function checkListener(argument: string, value: unknown): void {
	if (value !== undefined) checkFunction(argument, value);
}

function checkFlag(argument: string, value: unknown): void {
	if (value !== undefined && typeof value !== "boolean")
		throw new InvalidArgumentError(argument, value, "true or false");
}
