import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startServer, type TestServer } from "../../../../test/servers.ts";
import { keysOf, needsOwnConnection } from "../../src/command-table.ts";
import * as commands from "../../src/commands/index.ts";
import {
	commandInfo,
	hincrbyBigInt,
	hset,
	incrbyBigInt,
	pttl,
	scan,
	set,
	unlink,
	zaddMany,
	zcount,
	zmscore,
} from "../../src/commands/index.ts";
import { buildersTried, caseKeys, cases } from "./cases.ts";
import { type BareClient, bareClients } from "./clients.ts";

const all = Object.entries(cases).flatMap(([group, list]) =>
	list.map((one) => [`${group}: ${one.args.join(" ").slice(0, 80)}`, one] as const),
);

describe("a builder", () => {
	// Seen red: BZPOPMIN left open to shared connections; FCALL with only its first key; a destination behind its sources.
	it.each(all)("sends what it stands for, and where to: %s", (_, { command, args }) => {
		expect(command.args).toEqual(args);
		expect(command.keys ?? (command.key === undefined ? [] : [command.key])).toEqual(keysOf(command.args));
		expect(command.key).toEqual(keysOf(command.args)[0]);
		expect(command.session).toBe(needsOwnConnection(command.args));
	});

	// Seen red: SCAN made a read.
	it("gives no cursor to a replica, which would take it for its own", () => {
		expect(scan("0").readOnly).toBe(false);
	});

	it("has at least one case here, whichever it is", () => {
		const byScript = ["hincrbyBigInt", "incrbyBigInt"];
		expect([...buildersTried, ...byScript].toSorted()).toEqual(Object.keys(commands).toSorted());
	});
});

let server: TestServer;

beforeAll(async () => {
	server = await startServer();
});

afterAll(() => server.stop());

/** Different doubles with random bits, the same in every run; neither NaN nor negative zero. */
function doubles(count: number): number[] {
	const view = new DataView(new ArrayBuffer(8));
	const found = new Set<number>();
	for (let word = 0x2545f491; found.size < count; ) {
		for (const half of [0, 4]) {
			word = (Math.imul(word, 1664525) + 1013904223) >>> 0;
			view.setUint32(half, word);
		}
		const value = view.getFloat64(0);
		if (!Number.isNaN(value)) found.add(value);
	}
	return [...found];
}

describe.each(bareClients)("over %s", (_, connect) => {
	let client: BareClient;
	let missing: ReadonlySet<string>;

	beforeAll(async () => {
		client = await connect(server);
		const newer = ["HPEXPIRE", "HPTTL"];
		const found = await client.run(commandInfo(newer));
		missing = new Set(newer.filter((_, i) => found[i] === null));
	});

	afterAll(() => client.close());

	beforeEach(async () => {
		await client.run(unlink(caseKeys));
	});

	// Seen red: a reversed range with min before max; milliseconds sent as seconds; nil of BLPOP read as a pair.
	it.for(all)("the result is read as promised: %s", async ([, { command, before, gives }], { skip }) => {
		skip(missing.has(command.args[0]), `this server has no ${command.args[0]}`);
		for (const earlier of before) await client.run(earlier);
		expect(await client.run(command)).toStrictEqual(gives);
	});

	// Seen red: HGET made a write; SET … GET made a read.
	it("a replica may answer just what the server calls read-only, but no cursor", async () => {
		const keyed = all
			.map(([, { command }]) => command)
			.filter(({ key, args }) => key !== undefined && !missing.has(args[0]));
		const names = keyed.map(({ args: [name, sub] }) =>
			["MEMORY", "OBJECT", "XGROUP", "XINFO"].includes(name) ? `${name}|${sub}` : name,
		);
		const found = await client.run(commandInfo(names));
		const wrong = keyed.filter(({ args, readOnly }, i) => {
			const cursor = args[0].endsWith("SCAN");
			return readOnly !== (found[i]?.flags.includes("readonly") === true && !cursor);
		});
		expect(wrong.map(({ args }) => args[0])).toEqual([]);
		expect(keyed.length).toBeGreaterThan(200);
	});

	// Seen red: INCRBY itself sent, and its integer read; the script's reply made of tonumber().
	it.each([2n ** 53n + 1n, 2n ** 53n - 3n, -(2n ** 53n) - 1n, 2n ** 63n - 1n, -(2n ** 63n)])(
		"a counter of %d is exact",
		async (value) => {
			await client.run(set("{k}", String(value > 0 ? value - 1n : value + 1n), { ttlMs: 60_000 }));
			expect(await client.run(incrbyBigInt("{k}", value > 0 ? 1n : -1n))).toBe(value);
			expect(await client.run(pttl("{k}"))).toBeGreaterThan(0);
			expect(await client.run(hincrbyBigInt("{k}2", "f", value))).toBe(value);
		},
	);

	// Seen red: scores formatted with 15 digits; an exclusive bound without its bracket.
	it("a score comes back as the very double that was given, whatever its bits", async () => {
		const scores = doubles(300);
		const members = scores.map((score, i): [string, number] => [`m${i}`, score]);
		await client.run(zaddMany("{k}", members));
		expect(
			await client.run(
				zmscore(
					"{k}",
					members.map(([member]) => member),
				),
			),
		).toEqual(scores);
		const [lowest = 0, highest = 0] = [Math.min(...scores), Math.max(...scores)];
		expect(await client.run(zcount("{k}", lowest, highest))).toBe(300);
		expect(await client.run(zcount("{k}", { exclusive: lowest }, { exclusive: highest }))).toBe(298);
	});

	it("a counter that would leave the 64-bit range keeps its value", async () => {
		await client.run(set("{k}", String(2n ** 63n - 1n)));
		await client.run(hset("{k}2", "f", String(2n ** 63n - 1n)));
		await expect(client.run(incrbyBigInt("{k}", 1n))).rejects.toThrow("overflow");
		await expect(client.run(hincrbyBigInt("{k}2", "f", 1n))).rejects.toThrow("overflow");
		expect(await client.run(incrbyBigInt("{k}", 0n))).toBe(2n ** 63n - 1n);
		expect(await client.run(hincrbyBigInt("{k}2", "f", 0n))).toBe(2n ** 63n - 1n);
	});
});
