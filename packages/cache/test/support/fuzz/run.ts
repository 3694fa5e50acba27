import { setTimeout as delay } from "node:timers/promises";
import { startCluster, startServer } from "@rk/testing";
import { Fleet } from "../fleet.ts";
import { check, type Rules, type Verdict } from "./check.ts";
import type { Event } from "./history.ts";
import type { Order, Report, WorkerSettings, WriteVerb } from "./protocol.ts";
import type { SubjectName } from "./subjects/index.ts";
import type { SubjectSettings, Tiers } from "./subjects/subject.ts";

/** One configuration of caches, and what is done to them. */
export interface Fuzz {
	readonly name: string;
	readonly subject: SubjectName;
	/** All workers on this one; every other worker on each of them, if none is named. */
	readonly client?: SubjectSettings["client"];
	readonly topology?: SubjectSettings["topology"];
	readonly tiers: Tiers;
	/** Processes. @default 3 */
	readonly workers?: number;
	/** @default 60_000: nothing runs out */
	readonly ttlMs?: number;
	/** @default 0 */
	readonly staleMs?: number;
	readonly verbs: readonly WriteVerb[];
	/** Of each process. They read until all have written so often, which takes a slow machine longer. */
	readonly writes: number;
	/** What happens meanwhile, over and over. */
	readonly fault?: "a process stands still" | "subscribers are cut off";
}

export interface FuzzRun {
	readonly fuzz: Fuzz;
	readonly seed: number;
	readonly verdict: Verdict;
}

/** Few keys, so that everybody is always in everybody's way. */
const TAGS = { a: ["odd", "all"], b: ["even"], c: ["odd", "all"], d: ["even"], e: ["odd", "all"] };
const HEARTBEAT_MS = 250;
/** Two heartbeats, and a turn of the event loop on a busy machine. */
const MAX_STALENESS_MS = 2 * HEARTBEAT_MS + 250;
/** The same for what is served until its time is over. */
const CLOCK_MS = 250;
/** How often is looked whether what was stale has been loaded anew. */
const LOOKS = 60;
const LOOK_REST_MS = 100;
/** Between two faults. */
const CALM_MS = 350;

/** Lets the workers, which are made by `program`, do all at the same time, and judges what they saw. */
export async function run(fuzz: Fuzz, seed: number, program: string): Promise<FuzzRun> {
	const { tiers, topology = "server", workers = 3, ttlMs = 60_000, staleMs = 0, writes } = fuzz;
	await using database = await startServer({ owned: true });
	await using cluster = topology === "cluster" ? await startCluster({ masters: 3 }) : undefined;
	await using server = topology === "server" ? await startServer({ owned: true }) : undefined;
	const urls = (cluster?.nodes ?? [server ?? database]).map(({ url }) => url);
	const settingsOf = (_: unknown, n: number): WorkerSettings => ({
		...{ subject: fuzz.subject, topology, tiers, ttlMs, staleMs, verbs: fuzz.verbs, urls },
		// One that has memory only reads: all that it knows of invalidations others have told it, while its own would hide what it missed.
		writes: tiers === "L1 + L2" && n === 0 ? 0 : writes,
		...{ databaseUrl: database.url, heartbeatMs: HEARTBEAT_MS, tags: TAGS },
		client: fuzz.client ?? (n % 2 === 0 ? "ioredis" : "node-redis"),
		...{ node: `n${n}`, seed: seed * 1_000 + n * 100 },
	});
	const settings = Array.from({ length: workers }, settingsOf);
	await using fleet = new Fleet<Order, Report>(program, settings);
	await fleet.all("ready");
	fleet.tell({ kind: "work" });
	let written = false;
	const writing = fleet.all("written").finally(() => {
		written = true;
	});
	writing.catch(() => {}); // it is awaited below, after the faults
	for (let n = 0; fuzz.fault !== undefined && !written; n++) {
		if (fuzz.fault === "a process stands still") await standStill(fleet, n % workers);
		else await server?.killClients("pubsub");
		await delay(CALM_MS);
	}
	await writing;
	fleet.tell({ kind: "stop" });
	await fleet.all("stopped");

	// From here on everybody has to know everything.
	await delay(MAX_STALENESS_MS);
	for (let round = 1; round <= (staleMs === 0 ? 2 : LOOKS); round++) {
		fleet.tell({ kind: "look", round });
		const looked = await fleet.all("looked");
		if (round > 1 && looked.every(({ fresh }) => fresh)) break;
		await delay(staleMs === 0 ? MAX_STALENESS_MS : LOOK_REST_MS);
	}
	fleet.tell({ kind: "leave" });
	const histories = await fleet.all("history");
	await fleet.ended();
	const events = histories.flatMap(({ entries }, n) =>
		entries.map((entry): Event => ({ ...entry, node: `n${n}` })),
	);
	const rules: Rules = {
		maxStalenessMs: tiers === "L1 + L2" ? MAX_STALENESS_MS : 0,
		lifetimeMs: ttlMs + staleMs + CLOCK_MS,
		agree: ttlMs >= 60_000,
	};
	return { fuzz, seed, verdict: check(events, rules) };
}

/** For so long that what it missed is no longer excused. */
async function standStill(fleet: Fleet<Order, Report>, member: number): Promise<void> {
	await fleet.signal(member, "SIGSTOP");
	await delay(MAX_STALENESS_MS + CALM_MS);
	await fleet.signal(member, "SIGCONT");
}
