import assert from "node:assert/strict";
import {
	blpop,
	clientId,
	get,
	incr,
	lpush,
	type RedisPort,
	type RedisSession,
	raw,
	set,
	TransactionConflictError,
	transact,
} from "@rk/client";
import { until } from "../wait.ts";
import { check, type Definition, EVERYWHERE } from "./check.ts";
import { failed, failure, outcomeOf, quiet } from "./expect.ts";
import type { Scene } from "./scene.ts";

const LOST = { code: "RK_CONNECTION", outcome: "not-sent" } as const;

/** Resolves with the promise of what is blocked, once it is on its way. */
async function blockOn(
	scene: Scene,
	port: RedisPort,
	list: string,
	signal?: AbortSignal,
): Promise<{ ended: Promise<unknown> }> {
	const before = scene.count("BLPOP");
	const options = signal === undefined ? {} : { signal };
	const ended = port.session(list, (session) => session.command(blpop(list, 20_000)), options);
	ended.catch(() => {}); // its end is awaited later
	await until("it blocks", 5000, async () => scene.count("BLPOP") > before);
	return { ended };
}

function idOf(session: RedisSession): Promise<number> {
	return session.command(clientId());
}

export const sessionChecks: readonly Definition[] = [
	check(
		"a watched key that changed makes EXEC null, and nothing ran; unchanged, it runs",
		EVERYWHERE,
		async (scene) => {
			const port = await scene.open();
			const key = scene.key("k");
			const results = await port.session(key, async (session) => {
				await session.watch([key]);
				await port.command(set(key, "changed"));
				const lost = await session.exec([set(key, "mine")]);
				await session.watch([key]);
				const won = await session.exec([get(key), set(key, "mine")]);
				return [lost, won];
			});
			assert.deepEqual(results, [null, ["changed", true]]);
			assert.equal(await port.command(get(key)), "mine");
		},
	),
	check("UNWATCH forgets, and so does EXEC", EVERYWHERE, async (scene) => {
		const port = await scene.open();
		const key = scene.key("k");
		await port.session(key, async (session) => {
			await session.watch([key]);
			await session.unwatch();
			await port.command(set(key, "1"));
			assert.deepEqual(await session.exec([incr(key)]), [2]);
			await port.command(set(key, "5"));
			assert.deepEqual(await session.exec([incr(key)]), [6]);
		});
	}),
	check(
		"a drop between WATCH and EXEC makes EXEC reject as not sent, and nothing is written",
		EVERYWHERE,
		async (scene) => {
			const port = await scene.open();
			const key = scene.key("k");
			await port.session(key, async (session) => {
				await session.watch([key]);
				(await scene.proxyOf(key)).cut();
				await until(
					"the loss is known",
					5000,
					async () => (await session.command(get(key)).catch(outcomeOf)) === "not-sent",
				);
				await failure(session.exec([set(key, "mine")]), LOST);
				await failure(session.command(incr(key)), LOST);
				await failure(session.watch([key]), LOST);
				failed((await session.batch([incr(key)]))[0], LOST);
			});
			assert.equal(await scene.value(key), null);
			assert.equal(scene.count("EXEC"), 0);
			assert.equal(
				await port.session(key, (session) => session.command(incr(key))),
				1,
				"the next session works",
			);
		},
	),
	// Red when broken: without the UNWATCH at the end of a session, the next EXEC gave null.
	check("a WATCH that was left behind does not fail the next one's EXEC", EVERYWHERE, async (scene) => {
		const port = await scene.open({ sessions: { max: 1 } });
		const key = scene.key("k");
		const first = await port.session(key, async (session) => {
			await session.watch([key]);
			return idOf(session);
		});
		await port.command(set(key, "1"));
		await port.session(key, async (session) => {
			assert.equal(await idOf(session), first, "a clean connection is used again");
			assert.deepEqual(await session.exec([incr(key)]), [2]);
		});
	}),
	check("a connection whose state was changed is never lent again", EVERYWHERE, async (scene) => {
		const port = await scene.open({ sessions: { max: 1 } });
		const key = scene.key("k");
		const changes = [
			["CLIENT", "SETNAME", "soiled"],
			["CLIENT", "NO-EVICT", "ON"],
		];
		changes.push(scene.kind === "cluster" ? ["READONLY"] : ["SELECT", "1"]);
		for (const args of changes) {
			const first = await port.session(key, async (session) => {
				await session.command(raw(args));
				return idOf(session);
			});
			await port.session(key, async (session) => {
				assert.notEqual(await idOf(session), first, args.join(" "));
				assert.notEqual(await session.command(raw(["CLIENT", "GETNAME"])), "soiled");
				assert.equal(await session.command(set(key, "v")), true);
			});
			assert.equal(await port.command(get(key)), "v", "in the right database");
		}
	}),
	check("a connection that is behind with a reply is never lent again", EVERYWHERE, async (scene) => {
		const port = await scene.open({ sessions: { max: 1 } });
		const key = scene.key("k");
		const first = await port.session(key, idOf);
		(await scene.proxyOf(key)).delay(200);
		await port.session(key, (session) =>
			failure(session.command(get(key), { timeoutMs: 40 }), { code: "RK_TIMEOUT", outcome: "unknown" }),
		);
		(await scene.proxyOf(key)).delay(0);
		assert.notEqual(await port.session(key, idOf), first);
		let left: Promise<unknown> = Promise.resolve();
		const second = await port.session(key, async (session) => {
			const id = await idOf(session);
			left = session.command(get(key)).catch(() => {});
			return id;
		});
		await left;
		assert.notEqual(await port.session(key, idOf), second, "work that ended before its command did");
	}),
	check("the commands of a session that is over are refused as not sent", EVERYWHERE, async (scene) => {
		const port = await scene.open();
		const key = scene.key("k");
		const kept: RedisSession[] = [];
		await port.session(key, async (session) => {
			kept.push(session);
		});
		for (const session of kept) {
			await failure(session.command(incr(key)), LOST);
			failed((await session.batch([incr(key)]))[0], LOST);
			await failure(session.exec([incr(key)]), LOST);
			await failure(session.watch([key]), LOST);
		}
		assert.equal(await scene.value(key), null);
	}),
	check(
		"what a session's work throws reaches its caller, and the connection is used again",
		EVERYWHERE,
		async (scene) => {
			const port = await scene.open({ sessions: { max: 1 } });
			const key = scene.key("k");
			const thrown = new Error("the application's own");
			let first = 0;
			const work = port.session(key, async (session) => {
				first = await idOf(session);
				await session.watch([key]);
				throw thrown;
			});
			await assert.rejects(work, (error) => error === thrown);
			assert.equal(await port.session(key, idOf), first);
		},
	),
	check(
		"who finds no free connection is refused in time as not sent, or gets the next",
		EVERYWHERE,
		async (scene) => {
			const port = await scene.open({ sessions: { max: 1, acquireTimeoutMs: 60 } });
			const key = scene.key("k");
			// The first has time: its connection is yet to be made.
			const holding = async (): Promise<void> => {
				const error = failure(
					port.session(key, (session) => session.command(incr(key))),
					{ code: "RK_TIMEOUT", outcome: "not-sent" },
				);
				await error;
				const controller = new AbortController();
				const aborted = failure(
					port.session(key, async () => 1, { signal: controller.signal, acquireTimeoutMs: 20_000 }),
					{ code: "RK_ABORTED", outcome: "not-sent" },
				);
				controller.abort();
				await aborted;
			};
			await port.session(key, holding, { acquireTimeoutMs: 20_000 });
			assert.equal(await scene.value(key), null);
			const order: number[] = [];
			const queue = [1, 2, 3].map((n) =>
				port.session(
					key,
					async (session) => {
						await session.command(get(key));
						order.push(n);
					},
					{ acquireTimeoutMs: 20_000 },
				),
			);
			await Promise.all(queue);
			assert.deepEqual(order, [1, 2, 3]);
		},
	),
	check(
		"no connection for a session while nobody is reached: an error as not sent, in time",
		EVERYWHERE,
		async (scene) => {
			const port = await scene.open({ sessions: { acquireTimeoutMs: 150 }, connectTimeoutMs: 5000 });
			const key = scene.key("k");
			await scene.goDown(port, key);
			const error = await port.session(key, async () => 1).catch((reason: unknown) => reason);
			assert.equal(outcomeOf(error), "not-sent", `${error}`);
			await scene.comeUp();
			await port.command(get(key));
			assert.equal(
				await port.session(key, (session) => session.command(incr(key)), { acquireTimeoutMs: 10_000 }),
				1,
			);
		},
	),
	check("a blocking command does not delay the others", EVERYWHERE, async (scene) => {
		const port = await scene.open();
		const list = scene.key("l");
		const { ended } = await blockOn(scene, port, list);
		assert.equal(await port.command(incr(scene.key("k"))), 1);
		assert.equal(await port.session(list, (session) => session.command(incr(scene.key("k")))), 2);
		await port.command(lpush(list, "here"));
		assert.deepEqual(await ended, [list, "here"]);
	}),
	check("the session's signal ends a block, and the server's too", EVERYWHERE, async (scene) => {
		const port = await scene.open();
		const list = scene.key("l");
		const controller = new AbortController();
		const { ended } = await blockOn(scene, port, list, controller.signal);
		controller.abort();
		const error = await ended.catch((reason: unknown) => reason);
		assert.equal(outcomeOf(error), "unknown", `${error}`);
		await until("the server is rid of it", 5000, async () => {
			const clients = `${await (await scene.serverOf(list)).command("CLIENT", "LIST")}`;
			return !clients.includes("cmd=blpop");
		});
		await port.command(lpush(list, "kept"));
		assert.deepEqual(await port.command(raw(["LRANGE", list, "0", "-1"])), ["kept"]);
	}),
	check("a command's deadline in a session holds, also for one that blocks", EVERYWHERE, async (scene) => {
		const port = await scene.open();
		const list = scene.key("l");
		await port.session(list, (session) =>
			failure(session.command(blpop(list, 20_000), { timeoutMs: 80 }), {
				code: "RK_TIMEOUT",
				outcome: "unknown",
			}),
		);
		await until("the server is rid of it", 5000, async () => {
			const clients = `${await (await scene.serverOf(list)).command("CLIENT", "LIST")}`;
			return !clients.includes("cmd=blpop");
		});
		await port.command(lpush(list, "kept"));
		assert.deepEqual(await port.command(raw(["LRANGE", list, "0", "-1"])), ["kept"]);
	}),
	check(
		"what would confuse a session's connection is refused before anything is sent",
		EVERYWHERE,
		async (scene) => {
			const port = await scene.open();
			const key = scene.key("k");
			await port.session(key, async (session) => {
				for (const args of [
					["MULTI"],
					["EXEC"],
					["SUBSCRIBE", "c"],
					["MONITOR"],
					["HELLO", "3"],
					["RESET"],
				]) {
					await failure(
						Promise.resolve().then(() => session.command(raw(args))),
						{ code: "RK_INVALID_ARGUMENT" },
					);
				}
				await failure(
					Promise.resolve().then(() => session.exec([blpop(key, 100)])),
					{ code: "RK_INVALID_ARGUMENT" },
				);
				assert.equal(await session.command(incr(key)), 1);
			});
			assert.equal(scene.count("MULTI"), 0);
		},
	),
	check("transact() writes on what it read, and tries again until it wins", EVERYWHERE, async (scene) => {
		const port = await scene.open();
		const key = scene.key("k");
		await port.command(set(key, "0"));
		const add = () =>
			transact(
				port,
				[key],
				async (session) => {
					const value = Number(await session.command(get(key)));
					return [set(key, String(value + 1))];
				},
				{ retries: 500 },
			);
		await Promise.all(Array.from({ length: 8 }, add));
		assert.equal(await port.command(get(key)), "8");
		const nothing = await transact(port, [key], async () => null);
		assert.equal(nothing, null);
	}),
	check("transact() that never wins says so, with nothing written", EVERYWHERE, async (scene) => {
		const port = await scene.open();
		const key = scene.key("k");
		const attempt = transact(
			port,
			[key],
			async () => {
				await port.command(incr(key));
				return [set(key, "mine")];
			},
			{ retries: 2 },
		);
		const error = await failure(attempt, { code: "RK_TRANSACTION_CONFLICT", outcome: "refused" });
		assert.ok(error instanceof TransactionConflictError);
		assert.equal(error.attempts, 3);
		assert.equal(await port.command(get(key)), "3");
	}),
	check(
		"an idle connection is closed after its time, and an old one not lent again",
		EVERYWHERE,
		async (scene) => {
			const port = await scene.open({ sessions: { idleMs: 60 } });
			const key = scene.key("k");
			await port.command(get(key));
			const { proxy } = await scene.serverOf(key);
			const before = proxy?.connections ?? 0;
			await port.session(key, idOf);
			assert.equal(proxy?.connections, before + 1);
			await until("it is closed", 5000, async () => proxy?.connections === before);
			const young = await scene.open({ sessions: { lifetimeMs: 1 } });
			const first = await young.session(key, async (session) => {
				await quiet(5); // older than its lifetime
				return idOf(session);
			});
			assert.notEqual(await young.session(key, idOf), first);
		},
	),
];
