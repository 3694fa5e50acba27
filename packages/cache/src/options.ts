import { checkInteger, checkKnown, checkMs, InvalidArgumentError } from "@rk/client";
import type { BreakerLimits } from "./breaker.ts";
import { type Codec, json } from "./codec.ts";
import type { CacheListener } from "./events.ts";
import { POLICY_OPTIONS, type Policy, type PolicyOptions, resolvePolicy } from "./policy.ts";

/** Memory of this process. */
export interface L1Options {
	/** Entries at most; the least recently used goes, as of some puts ago (a 64th of the entries). @default 10_000 */
	readonly max?: number;
	/** Bytes of encoded values at most, beside `max`. @default none */
	readonly maxBytes?: number;
	/** An entry is read from Redis again after this time, in milliseconds, however long it lives there; of no effect without Redis. @default 30_000 */
	readonly ttlMs?: number;
	/** How long entries of an outage of Redis are kept, when invalidations cannot be heard of, in milliseconds; 0: not at all. @default 1_000 */
	readonly outageTtlMs?: number;
	/**
	 * What callers get: `frozen` one object for all, deeply frozen, or of what cannot be frozen (binary data, Map, Set, Date) a copy each;
	 * `clone` a copy each; `shared` one object for all, which nobody may change.
	 * @default "frozen"
	 */
	readonly mode?: "frozen" | "clone" | "shared";
}

export interface CacheOptions extends PolicyOptions {
	/** What this cache's keys and its bus are known by: letters, digits, `_`, `.` and `-`. Processes with the same share one cache. */
	readonly namespace: string;
	/** Memory of this process; `false`: each read goes to Redis, and each caller gets a copy of his own. */
	readonly l1?: L1Options | false;
	/** How long one load keeps others, in any process, from loading the same key, if it is not renewed; in milliseconds. @default 15_000 */
	readonly leaseMs?: number;
	/** How long to wait for the load of another process, in milliseconds; then the key is loaded here too, and not stored. @default 5_000 */
	readonly leaseWaitMs?: number;
	/** Tells other processes what was invalidated. Without it their memory is only bound by `l1.ttlMs`. @default true */
	readonly bus?: boolean;
	/** The bus must give a sign of life this often, in milliseconds. Memory is not used when there was none for twice this time. @default 5_000 */
	readonly heartbeatMs?: number;
	/** How long one reply of Redis is waited for, in milliseconds; then a read goes on without it. @default 250 */
	readonly redisTimeoutMs?: number;
	/** So many failures of Redis within `breakerWindowMs` and reads go on without it. @default 5 */
	readonly breakerFailures?: number;
	/** @default 10_000 */
	readonly breakerWindowMs?: number;
	/** After this time one read tries Redis again, in milliseconds. @default 1_000 */
	readonly breakerCoolDownMs?: number;
	/**
	 * An invalidation that Redis does not confirm: `throw` rejects with an InvalidationError; `queue` keeps it, resolves, and does it when
	 * Redis is back; this process does not read those keys from Redis until then.
	 * @default "throw"
	 */
	readonly onInvalidationFailure?: "throw" | "queue";
	/** Keys and tags that the queue holds; when it is full, invalidations reject. @default 10_000 */
	readonly maxQueuedInvalidations?: number;
	/** Loaders that run at once in this process; the rest wait in line. @default 64 */
	readonly maxConcurrentLoads?: number;
	/** How long to wait in that line, in milliseconds. @default 10_000 */
	readonly loadQueueTimeoutMs?: number;
	/** A larger encoded value is given to its callers, but not stored. @default 1_048_576 */
	readonly maxEntryBytes?: number;
	/** @default json */
	readonly codec?: Codec;
	/** Is told what happens; what it throws becomes a process warning (`RK_LISTENER_ERROR`). */
	readonly onEvent?: CacheListener;
	/** Is given each refresh that goes on after its caller was answered, as serverless platforms ask for. */
	readonly waitUntil?: (work: Promise<void>) => void;
	/** Unix time in milliseconds. @default Date.now, read once a turn of the event loop */
	readonly clock?: () => number;
	/** From 0 up to 1, for jitter. @default Math.random */
	readonly random?: () => number;
}

/** What the README's table quotes. */
export const DEFAULTS: {
	readonly ttlMs: number;
	readonly nullTtlMs: number;
	readonly jitter: number;
	readonly staleMs: number;
	readonly staleIfErrorMs: number;
	readonly errorBackoffMs: number;
	readonly hardTimeoutMs: number;
	readonly l1: Readonly<Required<Omit<L1Options, "maxBytes">>>;
	readonly leaseMs: number;
	readonly leaseWaitMs: number;
	readonly bus: boolean;
	readonly heartbeatMs: number;
	readonly redisTimeoutMs: number;
	readonly breakerFailures: number;
	readonly breakerWindowMs: number;
	readonly breakerCoolDownMs: number;
	readonly onInvalidationFailure: "throw" | "queue";
	readonly maxQueuedInvalidations: number;
	readonly maxConcurrentLoads: number;
	readonly loadQueueTimeoutMs: number;
	readonly maxEntryBytes: number;
} = Object.freeze({
	ttlMs: 300_000,
	nullTtlMs: 10_000,
	jitter: 0.1,
	staleMs: 0,
	staleIfErrorMs: 0,
	errorBackoffMs: 1_000,
	hardTimeoutMs: 10_000,
	l1: Object.freeze({ max: 10_000, ttlMs: 30_000, outageTtlMs: 1_000, mode: "frozen" }),
	leaseMs: 15_000,
	leaseWaitMs: 5_000,
	bus: true,
	heartbeatMs: 5_000,
	redisTimeoutMs: 250,
	breakerFailures: 5,
	breakerWindowMs: 10_000,
	breakerCoolDownMs: 1_000,
	onInvalidationFailure: "throw",
	maxQueuedInvalidations: 10_000,
	maxConcurrentLoads: 64,
	loadQueueTimeoutMs: 10_000,
	maxEntryBytes: 1_048_576,
});

const OPTIONS: readonly string[] = [
	...POLICY_OPTIONS,
	"namespace",
	"l1",
	"leaseMs",
	"leaseWaitMs",
	"bus",
	"heartbeatMs",
	"redisTimeoutMs",
	"breakerFailures",
	"breakerWindowMs",
	"breakerCoolDownMs",
	"onInvalidationFailure",
	"maxQueuedInvalidations",
	"maxConcurrentLoads",
	"loadQueueTimeoutMs",
	"maxEntryBytes",
	"codec",
	"onEvent",
	"waitUntil",
	"clock",
	"random",
];
const L1_OPTIONS: readonly string[] = ["max", "maxBytes", "ttlMs", "outageTtlMs", "mode"] satisfies Array<
	keyof L1Options
>;

/** {@link L1Options} with nothing left out but a limit. */
type ResolvedL1 = Required<Omit<L1Options, "maxBytes">> & { readonly maxBytes: number | undefined };

/** {@link CacheOptions} with nothing left out. */
export interface ResolvedOptions {
	readonly namespace: string;
	readonly policy: Policy;
	readonly l1: ResolvedL1 | undefined;
	readonly leaseMs: number;
	readonly leaseWaitMs: number;
	readonly bus: boolean;
	readonly heartbeatMs: number;
	readonly redisTimeoutMs: number;
	readonly breaker: BreakerLimits;
	readonly queueInvalidations: boolean;
	readonly maxQueuedInvalidations: number;
	readonly maxConcurrentLoads: number;
	readonly loadQueueTimeoutMs: number;
	readonly maxEntryBytes: number;
	readonly codec: Codec;
	readonly onEvent: CacheListener | undefined;
	readonly waitUntil: ((work: Promise<void>) => void) | undefined;
	readonly clock: (() => number) | undefined;
	readonly random: () => number;
}

/** @throws {InvalidArgumentError} */
export function resolveOptions(options: CacheOptions): ResolvedOptions {
	checkKnown("", options, OPTIONS);
	const { namespace, codec = json, onEvent, waitUntil, clock, random = Math.random } = options;
	const { leaseMs = DEFAULTS.leaseMs, leaseWaitMs = DEFAULTS.leaseWaitMs } = options;
	const { bus = DEFAULTS.bus, heartbeatMs = DEFAULTS.heartbeatMs } = options;
	const { redisTimeoutMs = DEFAULTS.redisTimeoutMs, breakerFailures = DEFAULTS.breakerFailures } = options;
	const { breakerWindowMs = DEFAULTS.breakerWindowMs, breakerCoolDownMs = DEFAULTS.breakerCoolDownMs } =
		options;
	const { onInvalidationFailure = DEFAULTS.onInvalidationFailure } = options;
	const { maxQueuedInvalidations = DEFAULTS.maxQueuedInvalidations } = options;
	const { maxConcurrentLoads = DEFAULTS.maxConcurrentLoads } = options;
	const { loadQueueTimeoutMs = DEFAULTS.loadQueueTimeoutMs, maxEntryBytes = DEFAULTS.maxEntryBytes } =
		options;
	if (typeof namespace !== "string" || !/^[A-Za-z0-9_.-]+$/.test(namespace))
		throw new InvalidArgumentError("namespace", namespace, "letters, digits, _, . and -, one or more");
	checkMs("leaseMs", leaseMs, 10);
	checkMs("leaseWaitMs", leaseWaitMs, 0);
	if (typeof bus !== "boolean") throw new InvalidArgumentError("bus", bus, "true or false");
	checkMs("heartbeatMs", heartbeatMs, 10);
	checkMs("redisTimeoutMs", redisTimeoutMs);
	checkInteger("breakerFailures", breakerFailures, 1);
	checkMs("breakerWindowMs", breakerWindowMs);
	checkMs("breakerCoolDownMs", breakerCoolDownMs);
	if (onInvalidationFailure !== "throw" && onInvalidationFailure !== "queue")
		throw new InvalidArgumentError("onInvalidationFailure", onInvalidationFailure, '"throw" or "queue"');
	checkInteger("maxQueuedInvalidations", maxQueuedInvalidations, 1);
	checkInteger("maxConcurrentLoads", maxConcurrentLoads, 1);
	checkMs("loadQueueTimeoutMs", loadQueueTimeoutMs);
	checkInteger("maxEntryBytes", maxEntryBytes, 1);
	checkCodec(codec);
	for (const [name, value] of Object.entries({ onEvent, waitUntil, clock, random }))
		if (value !== undefined && typeof value !== "function")
			throw new InvalidArgumentError(name, value, "a function");
	return {
		namespace,
		policy: resolvePolicy(options, { ...DEFAULTS, softTimeoutMs: Number.POSITIVE_INFINITY }),
		l1: resolveL1(options.l1 ?? {}),
		leaseMs,
		leaseWaitMs,
		bus,
		heartbeatMs,
		redisTimeoutMs,
		breaker: { failures: breakerFailures, windowMs: breakerWindowMs, coolDownMs: breakerCoolDownMs },
		queueInvalidations: onInvalidationFailure === "queue",
		maxQueuedInvalidations,
		maxConcurrentLoads,
		loadQueueTimeoutMs,
		maxEntryBytes,
		codec,
		onEvent,
		waitUntil,
		clock,
		random,
	};
}

function resolveL1(options: L1Options | false): ResolvedL1 | undefined {
	if (options === false) return undefined;
	checkKnown("l1", options, L1_OPTIONS);
	const { max = DEFAULTS.l1.max, maxBytes, ttlMs = DEFAULTS.l1.ttlMs } = options;
	const { outageTtlMs = DEFAULTS.l1.outageTtlMs, mode = DEFAULTS.l1.mode } = options;
	checkInteger("l1.max", max, 1, 2 ** 24);
	if (maxBytes !== undefined) checkInteger("l1.maxBytes", maxBytes, 1);
	checkMs("l1.ttlMs", ttlMs);
	checkMs("l1.outageTtlMs", outageTtlMs, 0);
	if (mode !== "frozen" && mode !== "clone" && mode !== "shared")
		throw new InvalidArgumentError("l1.mode", mode, '"frozen", "clone" or "shared"');
	return { max, maxBytes, ttlMs, outageTtlMs, mode };
}

function checkCodec(codec: Codec): void {
	if (typeof codec?.encode !== "function" || typeof codec.decode !== "function")
		throw new InvalidArgumentError("codec", codec, "an object of id, encode and decode");
	checkInteger("codec.id", codec.id, 0, 255);
}
