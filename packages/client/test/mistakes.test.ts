import { expect, test } from "vitest";
import {
	batchGet,
	batchSet,
	defineScript,
	hsetMany,
	InvalidArgumentError,
	integer,
	mget,
	raw,
	resolveConnect,
	resolveConnectCluster,
	resolveConnectSentinel,
	set,
	transact,
} from "../src/index.ts";

/** What a type checker would have seen, made without one. */
const call =
	(make: (...args: never[]) => unknown, ...args: unknown[]) =>
	async (): Promise<unknown> =>
		Reflect.apply(make, undefined, args);

// Each of these did something, once: six watched letters of one key, a key without an end, a subscription to n, e, w and s.
test.each([
	["args", call(raw, "GET k")],
	["keys", call(mget, "abc")],
	["keys", call(defineScript({ lua: "return 1", keys: 1, reply: integer }), "k")],
	["watchKeys", call(transact, undefined, "balance", async () => null)],
	["attempt", call(transact, undefined, ["balance"])],
	["retry", call(transact, undefined, ["balance"], async () => null, { retry: 3 })],
	["keys", call(batchGet, undefined, "abc")],
	["entries", call(batchSet, undefined, { a: "1" }, { ttlMs: 5 })],
	["entries", call(batchSet, undefined, undefined, { ttlMs: 5 })],
	["options", call(batchSet, undefined, [["a", "1"]])],
	["ttlMs", call(batchSet, undefined, [["a", "1"]], {})],
	["EX", call(set, "k", "v", { EX: 60 })],
	["ttl", call(set, "k", "v", { ttl: 1000 })],
	["fields", call(hsetMany, "h", { a: "1" })],
	["lua", call(defineScript, { keys: 0, reply: integer })],
	["reply", call(defineScript, { lua: "return 1", keys: 0 })],
	["options", call(resolveConnect, "redis://localhost")],
	["options", call(resolveConnectCluster)],
	["options", call(resolveConnectSentinel, null)],
])("%s is refused by name when it is not what it must be", async (argument, attempt) => {
	await expect(attempt()).rejects.toThrow(InvalidArgumentError);
	await expect(attempt()).rejects.toMatchObject({ argument });
});
