import { WaitTimeoutError } from "../errors.ts";
import { type Definition, EVERYWHERE } from "./check.ts";
import { clusterChecks } from "./cluster.ts";
import { connectChecks } from "./connecting.ts";
import { cutChecks } from "./cuts.ts";
import { deliveryChecks } from "./delivery.ts";
import { endingChecks } from "./ending.ts";
import { errorChecks } from "./errors.ts";
import { lifecycleChecks } from "./lifecycle.ts";
import { pubSubChecks } from "./pub-sub.ts";
import { Scene } from "./scene.ts";
import { scriptChecks } from "./scripts.ts";
import { sentinelChecks } from "./sentinel.ts";
import { sessionChecks } from "./sessions.ts";
import { shapeChecks } from "./shapes.ts";
import { openStage, type Stage } from "./stage.ts";
import type { ConformanceSubject, TopologyKind } from "./subject.ts";
import { trackingChecks } from "./tracking.ts";

export interface ConformanceOptions {
	/** The topologies that are checked. @default all three */
	readonly only?: readonly TopologyKind[];
	/** Servers to run on, shared with other subjects. @default servers of its own, ended by `close()` */
	readonly servers?: ConformanceServers;
	/** How often replies are cut at random in each topology. @default 60 */
	readonly cuts?: number;
	/** How often a port is opened, used and closed in the search for leaks. @default 200 */
	readonly cycles?: number;
	/** Where the random cuts fall and what is under way then. @default 1 */
	readonly seed?: number;
	/** Gets a line on what was measured, such as the writes that a failover lost. @default drops it */
	readonly print?: (line: string) => void;
}

/** One promise of the port, put to the test. */
export interface ConformanceCheck {
	/** A sentence about what holds. */
	readonly name: string;
	readonly topology: TopologyKind;
	/** How long {@link run} may take, in milliseconds; it rejects by itself after that. */
	readonly limitMs: number;
	/** Rejects with what does not hold. Checks that share servers are run one after the other. */
	run(): Promise<void>;
}

export interface Conformance extends AsyncDisposable {
	readonly checks: readonly ConformanceCheck[];
	/** Ends the servers, unless they were given. */
	close(): Promise<void>;
}

/** The servers that checks run on: started with the first check that needs them, healed after each. */
export class ConformanceServers implements AsyncDisposable {
	readonly #stages = new Map<TopologyKind, Promise<Stage>>();

	/** @internal */
	stage(kind: TopologyKind): Promise<Stage> {
		const known = this.#stages.get(kind);
		if (known !== undefined) return known;
		const opening = openStage(kind);
		this.#stages.set(kind, opening);
		return opening;
	}

	async close(): Promise<void> {
		const stages = await Promise.allSettled(this.#stages.values());
		this.#stages.clear();
		await Promise.all(stages.map((stage) => (stage.status === "fulfilled" ? stage.value.stop() : undefined)));
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.close();
	}
}

/**
 * Every promise of the port, as checks for any test runner: register each under its name, run them one after the other, and
 * call `close()` at the end. They need nothing but the servers, which they start themselves as `startServer()` and its like
 * do, and reach through proxies that delay, cut, swallow and count.
 *
 * ```ts
 * const suite = portConformance({ open: async (target) => … });
 * afterAll(() => suite.close());
 * for (const check of suite.checks) test(`${check.topology}: ${check.name}`, () => check.run());
 * ```
 */
export function portConformance(subject: ConformanceSubject, options: ConformanceOptions = {}): Conformance {
	const { only = EVERYWHERE, servers, cuts = 60, cycles = 200, seed = 1, print = () => {} } = options;
	const own = servers ?? new ConformanceServers();
	const definitions = [
		...shapeChecks,
		...errorChecks,
		...scriptChecks,
		...deliveryChecks,
		...endingChecks,
		...sessionChecks,
		...pubSubChecks,
		...trackingChecks,
		...clusterChecks,
		...sentinelChecks,
		...connectChecks(subject),
		...lifecycleChecks(cycles),
		...cutChecks(cuts, seed),
	];
	const close = async (): Promise<void> => {
		if (servers === undefined) await own.close();
	};
	return {
		checks: only.flatMap((topology) =>
			definitions
				.filter(({ on }) => on.includes(topology))
				.map((definition) => ({
					name: definition.name,
					topology,
					limitMs: definition.limitMs + SLACK_MS,
					run: async () => runOn(new Scene(subject, await own.stage(topology), print), definition),
				})),
		),
		close,
		[Symbol.asyncDispose]: close,
	};
}

/** For starting the servers before the first check, and for healing them after each. */
const SLACK_MS = 90_000;

async function runOn(scene: Scene, { name, run, limitMs }: Definition): Promise<void> {
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<never>((_, reject) => {
		timer = setTimeout(() => reject(new WaitTimeoutError(name, limitMs)), limitMs);
	});
	try {
		await Promise.race([run(scene), late]);
	} finally {
		clearTimeout(timer);
		await scene.close();
	}
}
