import assert from "node:assert/strict";
import {
	type CallOptions,
	type Command,
	defineScript,
	get,
	integer,
	lrange,
	raw,
	type ScriptCall,
	set,
	text,
} from "@rk/client";
import { check, type Definition, EVERYWHERE } from "./check.ts";
import { failed, failure } from "./expect.ts";
import type { Scene } from "./scene.ts";

let sources = 0;

/** A script that no server has seen before. */
export function freshBump(): ScriptCall<number> {
	sources += 1;
	return defineScript({
		lua: `local run = "${process.pid}.${sources}" return redis.call("INCR", KEYS[1])`,
		keys: 1,
		reply: integer,
	});
}

/** A script that no server has seen before, which sets its key to its argument. */
function freshSetter(): (key: string, value: string) => Command<string> {
	sources += 1;
	const script = defineScript({
		lua: `local run = "${process.pid}.${sources}" redis.call("SET", KEYS[1], ARGV[1]) return redis.call("GET", KEYS[1])`,
		keys: 1,
		reply: text,
	});
	return (key, value) => script([key], [value]);
}

/** A script that no server has seen before, which appends its argument to its key. */
function freshAppender(): (key: string, value: string) => Command<number> {
	sources += 1;
	const script = defineScript({
		lua: `local run = "${process.pid}.${sources}" return redis.call("RPUSH", KEYS[1], ARGV[1])`,
		keys: 1,
		reply: integer,
	});
	return (key, value) => script([key], [value]);
}

const APPENDS = 4_000;
const FLUSHES = 10;

async function flushScripts(scene: Scene): Promise<void> {
	for (const server of await scene.masters()) await server.flushScripts();
}

export const scriptChecks: readonly Definition[] = [
	check("a script runs once, whether the server knows it or not", EVERYWHERE, async (scene) => {
		const port = await scene.open();
		const bump = freshBump();
		const k = scene.key("k");
		assert.equal(await port.command(bump([k])), 1, "unknown");
		assert.equal(await port.command(bump([k])), 2, "known");
		await flushScripts(scene);
		assert.equal(await port.command(bump([k])), 3, "forgotten");
		await flushScripts(scene);
		assert.equal(await port.command(bump([k]), { timeoutMs: 5000 }), 4, "forgotten, with a deadline");
		assert.equal(scene.count("EVAL"), 3);
	}),
	check(
		"a batch keeps its order, although the server has forgotten its scripts",
		EVERYWHERE,
		async (scene) => {
			const port = await scene.open();
			const setter = freshSetter();
			const k = scene.key("k");
			await port.command(setter(k, "0"));
			await flushScripts(scene);
			const results = await port.batch([setter(k, "1"), get(k), set(k, "2"), get(k), setter(k, "3"), get(k)]);
			assert.deepEqual(results, ["1", "1", true, "2", "3", "3"]);
		},
	),
	check(
		"[script sets 1, GET, SET 2, GET] ends as it is written, in a transaction too",
		EVERYWHERE,
		async (scene) => {
			const port = await scene.open();
			const setter = freshSetter();
			const k = scene.key("k");
			const commands = [setter(k, "1"), get(k), set(k, "2"), get(k), setter(k, "3")] as const;
			for (let round = 0; round < 2; round++) {
				await flushScripts(scene);
				assert.deepEqual(await port.transaction(commands), ["1", "1", true, "2", "3"]);
				assert.equal(await port.command(get(k)), "3");
			}
		},
	),
	// Broken on purpose: Call.refused() going to the routes as who was never sent (whenReady). What was sent while the refusals
	// came in overtook what they had refused.
	check(
		"scripts that do not wait for each other keep their order, although the server forgets them on the way",
		EVERYWHERE,
		async (scene) => {
			const port = await scene.open();
			const k = scene.key("k");
			const append = freshAppender();
			const server = await scene.serverOf(k);
			const { signal } = new AbortController();
			const ways: readonly CallOptions[] = [{}, { timeoutMs: 20_000 }, { signal }];
			const sent: Promise<unknown>[] = [];
			for (let i = 0; i < APPENDS; i++) {
				sent.push(port.command(append(k, String(i)), ways[i % ways.length]));
				if (i % (APPENDS / FLUSHES) === 0) sent.push(server.flushScripts());
				if (i % 3 === 0) await new Promise(setImmediate); // replies come in, and refusals with them
			}
			await Promise.all(sent);
			assert.deepEqual(
				await port.command(lrange(k, 0, -1)),
				Array.from({ length: APPENDS }, (_, i) => String(i)),
			);
		},
	),
	check("a batch over all slots finds its script on each node, or brings it", ["cluster"], async (scene) => {
		const port = await scene.open();
		const bump = freshBump();
		const keys = Array.from({ length: 60 }, (_, i) => scene.spread(`k${i}`));
		await flushScripts(scene);
		const results = await port.batch(keys.flatMap((key) => [bump([key]), bump([key])]));
		assert.deepEqual(
			results,
			keys.flatMap(() => [1, 2]),
		);
		assert.ok(scene.count("EVALSHA") > 0, "after the first use on a node the digest is enough");
	}),
	check(
		"what a script raises is its caller's to see, with what it wrote before left written",
		EVERYWHERE,
		async (scene) => {
			const port = await scene.open();
			const k = scene.key("k");
			const script = defineScript({
				lua: 'redis.call("SET", KEYS[1], "kept") return redis.error_reply("LOCKED by somebody")',
				keys: 1,
				reply: text,
			});
			await failure(port.command(script([k])), { code: "LOCKED", outcome: "refused" });
			assert.equal(await port.command(get(k)), "kept");
			const [own, other] = await port.batch([script([k]), get(k)]);
			failed(own, { code: "LOCKED", outcome: "refused" });
			assert.equal(other, "kept");
			const [inside] = await port.transaction([script([k])]);
			failed(inside, { code: "LOCKED", outcome: "refused" });
		},
	),
	check("a NOSCRIPT that a script itself raises does not make it run twice", EVERYWHERE, async (scene) => {
		const port = await scene.open();
		const k = scene.key("k");
		const script = defineScript({
			lua: 'redis.call("INCR", KEYS[1]) return redis.error_reply("NOSCRIPT of its own")',
			keys: 1,
			reply: integer,
		});
		await failure(port.command(script([k])), { code: "NOSCRIPT", outcome: "refused" });
		const runs = Number(await scene.value(k));
		await failure(port.command(script([k])), { code: "NOSCRIPT", outcome: "refused" });
		assert.deepEqual([runs, Number(await scene.value(k))], [1, 2]);
	}),
	check("a read-only script must not write, and reads", EVERYWHERE, async (scene) => {
		const port = await scene.open();
		const k = scene.key("k");
		await port.command(set(k, "v"));
		const reads = defineScript({
			lua: 'return redis.call("GET", KEYS[1])',
			keys: 1,
			reply: text,
			readOnly: true,
		});
		const writes = defineScript({
			lua: 'return redis.call("SET", KEYS[1], "w")',
			keys: 1,
			reply: text,
			readOnly: true,
		});
		assert.equal(await port.command(reads([k])), "v");
		await failure(port.command(writes([k])), { code: "ERR", outcome: "refused" });
		assert.equal(await port.command(get(k)), "v");
	}),
	check(
		"a script in a session is found or brought, in commands, batches and EXEC",
		EVERYWHERE,
		async (scene) => {
			const port = await scene.open();
			const bump = freshBump();
			const k = scene.key("k");
			await flushScripts(scene);
			const results = await port.session(k, async (session) => {
				const one = await session.command(bump([k]));
				await flushScripts(scene);
				const two = await session.batch([bump([k]), bump([k])]);
				await flushScripts(scene);
				return [one, ...two, ...((await session.exec([bump([k])])) ?? [])];
			});
			assert.deepEqual(results, [1, 2, 3, 4]);
		},
	),
	check("a script sent by raw() is an ordinary command", EVERYWHERE, async (scene) => {
		const port = await scene.open();
		const k = scene.key("k");
		assert.equal(await port.command(raw(["EVAL", "return redis.call('INCR', KEYS[1])", "1", k])), 1);
		const unknown = raw(["EVALSHA", "0".repeat(40), "1", k]);
		await failure(port.command(unknown), { code: "NOSCRIPT", outcome: "refused" });
	}),
];
