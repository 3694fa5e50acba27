import { randomBytes } from "node:crypto";
import { InvalidArgumentError, type RedisPort } from "@rk/client";
import { LRUCache } from "lru-cache";
import { Breaker } from "./breaker.ts";
import { Bulkhead } from "./bulkhead.ts";
import { Bus } from "./bus.ts";
import { CoarseClock } from "./coarse-clock.ts";
import { Deadlines } from "./deadlines.ts";
import { Events } from "./events.ts";
import { Fetches } from "./fetches.ts";
import type { Flight } from "./flight.ts";
import { InFlight } from "./in-flight.ts";
import { InvalidationQueue } from "./invalidation-queue.ts";
import { LeaseBells } from "./lease-bells.ts";
import { Memory } from "./memory.ts";
import { Names } from "./names.ts";
import { Nesting } from "./nesting.ts";
import type { ResolvedOptions } from "./options.ts";
import { Packing } from "./packing.ts";
import type { Parts, SecondTier } from "./parts.ts";
import { Presentation } from "./presentation.ts";
import { Reader } from "./reader.ts";
import { Remote } from "./remote.ts";
import { Counts } from "./stats.ts";
import { Tags } from "./tags.ts";
import { Tokens } from "./tokens.ts";
import { Trust } from "./trust.ts";

/** Keys that failed are remembered up to this number. */
const MAX_BACKOFFS = 10_000;

/** The parts of a cache, and what watches over them. */
interface Assembly {
	readonly parts: Parts;
	readonly trust: Trust;
	readonly breaker: Breaker;
	/** Not started yet. */
	readonly bus: Bus | undefined;
}

/** @throws {InvalidArgumentError} there would be no tier at all */
export function assemble(redis: RedisPort | null, options: ResolvedOptions): Assembly {
	const { namespace, l1, codec, clock = new CoarseClock().now, heartbeatMs } = options;
	if (redis === null && l1 === undefined)
		throw new InvalidArgumentError("l1", false, "an object where redis is null: there is nothing else");
	const hasBus = redis !== null && options.bus;
	const sender = randomBytes(8).toString("hex");
	const names = new Names(namespace);
	const bells = new LeaseBells();
	const inFlight = new InFlight<Flight>(l1 !== undefined);
	const tags = new Tags(l1?.ttlMs ?? 0);
	const counts = new Counts();
	const events = new Events(namespace, options.onEvent);
	// Without Redis there is nobody to ask again.
	const keepMs = redis === null ? Number.POSITIVE_INFINITY : (l1?.ttlMs ?? 0);
	const memory = l1 === undefined ? undefined : new Memory({ ...l1, ttlMs: keepMs });
	const trust = new Trust(
		{ bus: hasBus, silenceMs: 2 * heartbeatMs, outageTtlMs: l1?.outageTtlMs ?? 0 },
		sender,
		memory,
		tags,
		inFlight,
		bells,
		events,
		clock,
	);
	const breaker = new Breaker(options.breaker, clock, (state) => trust.breaker(state));
	const presentation = new Presentation(codec, l1?.mode ?? "clone");

	const secondTier = (port: RedisPort): SecondTier => {
		const remote = new Remote(port, names, breaker, options.redisTimeoutMs, options.bus, sender);
		const queue = new InvalidationQueue(options.maxQueuedInvalidations, remote, events);
		const tokens = new Tokens(remote, memory, tags, clock);
		const fetches = new Fetches(remote, tags, tokens);
		return {
			remote,
			queue,
			tokens,
			reader: new Reader(remote, tokens, fetches, queue, codec, presentation, clock, events, counts),
			manyClocks: port.topology.kind === "cluster",
			hears: () => options.bus && memory?.isTrusted(clock()) === true,
			isDown: () => breaker.state !== "closed",
		};
	};
	const parts: Parts = {
		options,
		clock,
		deadlines: new Deadlines(),
		events,
		counts,
		tags,
		memory,
		redis: redis === null ? undefined : secondTier(redis),
		packing: new Packing(codec, presentation, options.random),
		inFlight,
		bells,
		bulkhead: new Bulkhead(options.maxConcurrentLoads, options.loadQueueTimeoutMs),
		nesting: new Nesting(),
		backoffs: new LRUCache({ max: MAX_BACKOFFS }),
	};
	const bus = hasBus ? new Bus(redis, names, sender, heartbeatMs, clock, trust) : undefined;
	return { parts, trust, breaker, bus };
}
