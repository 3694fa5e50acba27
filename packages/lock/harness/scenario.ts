import { setTimeout as delay } from "node:timers/promises";
import type { Edit } from "../../../test/bundle.ts";
import { type Arena, type Ground, openGround, type Topology } from "./arena.ts";
import { bundleWorker } from "./bundle.ts";
import { check, type Rules, type Verdict } from "./checker/check.ts";
import { now } from "./clock.ts";
import { FAULTS } from "./faults.ts";
import { Fleet } from "./fleet.ts";
import { Guard } from "./guard.ts";
import type { FaultWindow, History, Leftovers } from "./history.ts";
import { type FaultName, plan, type Strike, TARGETS } from "./nemesis.ts";
import type { Span, Work } from "./protocol.ts";
import type { SubjectName } from "./subjects/index.ts";

/** What is run: who, where, what they do, and what is broken meanwhile. */
export interface Scenario {
	readonly name: string;
	readonly subject: SubjectName;
	/** Every other worker on each of them, if none is named. */
	readonly client?: "ioredis" | "node-redis";
	readonly topology?: Topology;
	/** Independent servers. @default 1 */
	readonly servers?: number;
	/** With `"aof"` a server that is killed keeps its data. @default "none" */
	readonly persistence?: "none" | "aof";
	readonly workers: number;
	readonly ttlMs: number;
	readonly limit?: number;
	readonly work: Work;
	readonly durationMs: number;
	/** How late every reply is, where nothing is broken. @default 0 */
	readonly latencyMs?: number;
	readonly faults: readonly FaultName[];
	readonly lastsMs?: Span;
	readonly calmMs?: Span;
	/** In the place of the seed's plan; those that would begin after the end are left out. */
	readonly strikes?: readonly Strike[];
	/** How long a lock may be free while a worker waits for it, where nothing is broken. */
	readonly idleMs: number;
	/** What connections may take to come back after a fault. */
	readonly recoveryMs?: number;
	/** Whether a lock that is left is allowed to run out first: where workers die, or cannot give back what they have. */
	readonly leavesRunOut: boolean;
}

export interface Run {
	readonly scenario: Scenario;
	readonly seed: number;
	readonly history: History;
	readonly verdict: Verdict;
}

const ALWAYS_LOSE_DATA: readonly FaultName[] = ["flush all", "failover"];

/** Runs a scenario with everything that it needs, ends all of it, and judges what it left. */
export async function run(scenario: Scenario, seed: number, edits: readonly Edit[] = []): Promise<Run> {
	await using guard = new Guard();
	const { subject, topology = "servers", ttlMs, limit = 1, work, workers } = scenario;
	const { servers = 1, persistence = "none", durationMs, latencyMs = 0 } = scenario;
	const opening = openGround({ topology, servers, workers, persistence });
	const bundling = bundleWorker(guard.directory, edits);
	await Promise.allSettled([opening, bundling]);
	await using ground = await opening;
	const fleet = new Fleet(await bundling, guard, (index) => ({
		...{ subject, topology, ttlMs, limit, work, nodes: ground.nodesFor(index) },
		client: scenario.client ?? (index % 2 === 0 ? "ioredis" : "node-redis"),
		seed: seed * 1_000 + index * 100,
	}));
	for (const link of ground.links.flat()) link.delay(latencyMs);
	await fleet.start(workers);
	const arena: Arena = { ...ground, fleet };
	const planned =
		scenario.strikes ?? plan(seed, { ...planSettings(scenario), servers: ground.servers.length });
	const strikes = planned.filter(({ atMs }) => atMs < durationMs);
	const began = now();
	const faults = await strike(arena, strikes, scenario, began);
	await delay(Math.max(0, began + durationMs - now()));
	const stuck = await fleet.finish();
	const leftovers = await lookAround(ground, scenario);
	const lingering = [...stuck, ...(await fleet.leave()), ...fleet.crashed];
	const history: History = {
		...{ events: fleet.events(), faults, accesses: fleet.register.accesses },
		leftovers: { ...leftovers, lingering },
	};
	return { scenario, seed, history, verdict: check(history, rulesOf(scenario)) };
}

function planSettings({ faults, durationMs, lastsMs, calmMs = [100, 500], workers, ttlMs }: Scenario) {
	const lasts: Span = lastsMs ?? [0.5 * ttlMs, 3 * ttlMs];
	return { faults, durationMs, lastsMs: lasts, calmMs, workers };
}

/** Makes the faults happen, each at its time or when the one before it has been mended. */
async function strike(
	arena: Arena,
	strikes: readonly Strike[],
	{ persistence = "none" }: Scenario,
	began: number,
): Promise<FaultWindow[]> {
	const windows: FaultWindow[] = [];
	for (const strike of strikes) {
		await delay(Math.max(0, began + strike.atMs - now()));
		const { fault, server } = strike;
		const victims =
			TARGETS[fault] === "server" || TARGETS[fault] === "group" ? [0] : victimsOf(strike, arena);
		const from = now();
		await Promise.all(victims.map((worker) => FAULTS[fault](arena, strike, worker)));
		const losesData =
			ALWAYS_LOSE_DATA.includes(fault) || (fault === "restart server" && persistence === "none");
		const target = `${TARGETS[fault]} ${TARGETS[fault] === "server" ? server : victims.join(" ")}`;
		windows.push({ fault, target, from, to: now(), losesData });
	}
	return windows;
}

function victimsOf({ worker }: Strike, { fleet, links }: Arena): number[] {
	if (worker === "all") return links.map((_, index) => index);
	return [worker === "holder" ? fleet.holder : worker];
}

function rulesOf({ ttlMs, limit = 1, idleMs, recoveryMs = 1_000 }: Scenario): Rules {
	return { limit, noticeMs: ttlMs, idleMs, recoveryMs, ttlMs };
}

/** What is on the servers once all locks were given back, or had the time to run out. */
async function lookAround(
	{ servers }: Ground,
	{ leavesRunOut, ttlMs }: Scenario,
): Promise<Omit<Leftovers, "lingering">> {
	await delay(leavesRunOut ? ttlMs + 200 : 200);
	const found = await Promise.all(
		servers.map(async (server) => ({
			keys: await locksOn(server),
			channels: await subscriptionsOn(server),
		})),
	);
	return {
		keys: found.flatMap(({ keys }) => keys),
		channels: found.flatMap(({ channels }) => channels),
	};
}

/** Keys of locks; the counters of fences stay, so that no fence comes twice. */
async function locksOn(server: Ground["servers"][number]): Promise<string[]> {
	return textsIn(await server.command("KEYS", "*")).filter((key) => !/fenc/.test(key));
}

async function subscriptionsOn(server: Ground["servers"][number]): Promise<string[]> {
	const plain = textsIn(await server.command("PUBSUB", "CHANNELS"));
	const sharded = textsIn(await server.command("PUBSUB", "SHARDCHANNELS"));
	// Sentinels speak to each other by one of their own.
	return [...plain, ...sharded].filter((channel) => !channel.startsWith("__sentinel__"));
}

function textsIn(reply: unknown): string[] {
	return Array.isArray(reply) ? reply.map(String) : [];
}
