import assert from "node:assert/strict";
import {
	publish,
	type RedisPort,
	raw,
	type SubscriptionGap,
	type SubscriptionKind,
	slotOf,
} from "@rk/client";
import { until } from "../wait.ts";
import { check, type Definition, EVERYWHERE } from "./check.ts";
import { failure, quiet } from "./expect.ts";
import { randomFrom } from "./random.ts";
import type { Scene } from "./scene.ts";

/** What a subscription got. */
class Ear {
	readonly heard: string[] = [];
	readonly gaps: SubscriptionGap[] = [];

	readonly onMessage = (payload: Buffer, channel: string, pattern?: string): void => {
		this.heard.push(pattern === undefined ? `${channel}=${payload}` : `${pattern}>${channel}=${payload}`);
	};

	readonly onGap = (gap: SubscriptionGap): void => {
		this.gaps.push(gap);
	};

	async hears(...expected: readonly string[]): Promise<void> {
		await until(`${expected.join(", ")} is heard`, 5000, async () => this.heard.length >= expected.length);
		assert.deepEqual(this.heard, expected);
	}
}

/** Published past the client under test. Across a cluster a message needs a moment, on one server none. */
async function tell(
	scene: Scene,
	channel: string,
	message: string,
	kind: SubscriptionKind = "channel",
): Promise<void> {
	await (await scene.serverOf(channel)).command(kind === "shard" ? "SPUBLISH" : "PUBLISH", channel, message);
}

/** Subscribers of a channel on all servers together. */
async function listeners(scene: Scene, channel: string, shard = false): Promise<number> {
	let sum = 0;
	for (const server of await scene.masters()) {
		const reply = await server.command("PUBSUB", shard ? "SHARDNUMSUB" : "NUMSUB", channel);
		sum += Array.isArray(reply) ? Number(reply[1]) : 0;
	}
	return sum;
}

async function patterns(scene: Scene): Promise<number> {
	let sum = 0;
	for (const server of await scene.masters()) sum += Number(await server.command("PUBSUB", "NUMPAT"));
	return sum;
}

const KINDS: readonly SubscriptionKind[] = ["channel", "pattern", "shard"];

export const pubSubChecks: readonly Definition[] = [
	...KINDS.map((kind) =>
		// Red when broken: with TopicLane not waiting for the server's confirmation.
		check(
			`subscribe() resolves when the server has confirmed every ${kind}, and close() when the end`,
			EVERYWHERE,
			async (scene) => {
				const port = await scene.open();
				const ear = new Ear();
				const names = ["a", "b"].map((name) => scene.key(name));
				const subscription = await port.subscribe({ kind, names, onMessage: ear.onMessage });
				const count = async () =>
					kind === "pattern"
						? (await patterns(scene)) / 2
						: listeners(scene, names[0] ?? "", kind === "shard");
				assert.equal(await count(), 1);
				for (const name of names) await tell(scene, name, "1", kind);
				const expected = names.map((name) => (kind === "pattern" ? `${name}>${name}=1` : `${name}=1`));
				await ear.hears(...expected);
				assert.equal(subscription.closed, false);
				await subscription.close();
				assert.equal(subscription.closed, true);
				assert.equal(await count(), 0);
				for (const name of names) await tell(scene, name, "2", kind);
				await quiet();
				await ear.hears(...expected);
				await subscription.close();
			},
		),
	),
	...KINDS.map((kind) =>
		// Red when broken: with TopicLane not waiting for the server's confirmation.
		check(
			`after a drop each ${kind} is subscribed again, and the gap told once, after the confirmation`,
			EVERYWHERE,
			async (scene) => {
				const port = await scene.open();
				const ear = new Ear();
				const names = ["a", "b"].map((name) => scene.key(name));
				let confirmed = -1;
				const onGap = (gap: SubscriptionGap): void => {
					ear.onGap(gap);
					confirmed = ear.gaps.length;
				};
				await port.subscribe({ kind, names, onMessage: ear.onMessage, onGap });
				for (let drop = 1; drop <= 3; drop++) {
					const before = Date.now();
					await scene.dropSubscribers();
					await until(`gap ${drop} is told`, 10_000, async () => confirmed === drop);
					const gap = ear.gaps[drop - 1];
					assert.ok(
						gap !== undefined && gap.lostAt >= before - 5 && gap.resumedAt >= gap.lostAt,
						JSON.stringify(gap),
					);
					ear.heard.length = 0;
					const [name = ""] = names;
					await tell(scene, name, `${drop}`, kind);
					await ear.hears(kind === "pattern" ? `${name}>${name}=${drop}` : `${name}=${drop}`);
				}
				await quiet();
				assert.equal(ear.gaps.length, 3, "one gap for each drop");
			},
		),
	),
	check("a loss is told at once, and the gap when somebody answers again", EVERYWHERE, async (scene) => {
		const port = await scene.open();
		const ear = new Ear();
		const channel = scene.spread("c");
		let losses = 0;
		const onLost = (): void => {
			losses += 1;
		};
		await port.subscribe({ names: [channel], onMessage: ear.onMessage, onLost, onGap: ear.onGap });
		await scene.goDown(port, channel);
		await until("the loss is told", 15_000, async () => losses === 1);
		await quiet(300);
		assert.equal(ear.gaps.length, 0);
		await scene.comeUp();
		await until("the gap is told", 15_000, async () => ear.gaps.length === 1);
		const [gap] = ear.gaps;
		assert.ok(gap !== undefined && gap.resumedAt - gap.lostAt >= 250, JSON.stringify(gap));
		await tell(scene, channel, "1");
		await ear.hears(`${channel}=1`);
		await quiet();
		assert.equal(ear.gaps.length, 1);
		assert.equal(losses, 1);
	}),
	check(
		"two subscriptions to one channel each get every message once, and end each by itself",
		EVERYWHERE,
		async (scene) => {
			const port = await scene.open();
			const [one, two] = [new Ear(), new Ear()];
			const channel = scene.spread("c");
			const first = await port.subscribe({ names: [channel, channel], onMessage: one.onMessage });
			await port.subscribe({ names: [channel], onMessage: two.onMessage });
			assert.equal(await listeners(scene, channel), 1);
			await tell(scene, channel, "1");
			await Promise.all([one.hears(`${channel}=1`), two.hears(`${channel}=1`)]);
			await first.close();
			await tell(scene, channel, "2");
			await two.hears(`${channel}=1`, `${channel}=2`);
			await one.hears(`${channel}=1`);
		},
	),
	check("one listener in two subscriptions is called for each", EVERYWHERE, async (scene) => {
		const port = await scene.open();
		const ear = new Ear();
		const channel = scene.spread("c");
		await port.subscribe({ names: [channel], onMessage: ear.onMessage });
		await port.subscribe({ names: [channel], onMessage: ear.onMessage });
		await tell(scene, channel, "1");
		await ear.hears(`${channel}=1`, `${channel}=1`);
	}),
	check("a channel and patterns that match it are told apart", EVERYWHERE, async (scene) => {
		const port = await scene.open();
		const ear = new Ear();
		const channel = scene.spread("news.cz");
		const wide = scene.spread("*");
		const narrow = scene.spread("news.*");
		await port.subscribe({ names: [channel], onMessage: ear.onMessage });
		await port.subscribe({ kind: "pattern", names: [wide, narrow], onMessage: ear.onMessage });
		await tell(scene, channel, "1");
		await until("all three came", 5000, async () => ear.heard.length >= 3);
		await quiet(20);
		assert.deepEqual(
			ear.heard.toSorted(),
			[`${channel}=1`, `${narrow}>${channel}=1`, `${wide}>${channel}=1`].toSorted(),
		);
	}),
	check("a name that is a channel here and a pattern there ends by itself", EVERYWHERE, async (scene) => {
		const port = await scene.open();
		const [one, two] = [new Ear(), new Ear()];
		const name = scene.spread("c");
		const channel = await port.subscribe({ names: [name], onMessage: one.onMessage });
		await port.subscribe({ kind: "pattern", names: [name], onMessage: two.onMessage });
		await channel.close();
		await tell(scene, name, "1");
		await two.hears(`${name}>${name}=1`);
		assert.deepEqual(one.heard, []);
	}),
	check(
		"a listener that throws is warned of, and takes nothing from the others",
		EVERYWHERE,
		async (scene) => {
			const port = await scene.open();
			const ear = new Ear();
			const channel = scene.spread("c");
			const warnings: unknown[] = [];
			const onWarning = (warning: Error): void => {
				warnings.push(Reflect.get(warning, "code"));
			};
			process.on("warning", onWarning);
			try {
				const thrower = (): never => {
					throw new Error("a listener of the application's");
				};
				await port.subscribe({ names: [channel], onMessage: thrower, onGap: thrower });
				await port.subscribe({ names: [channel], onMessage: ear.onMessage, onGap: ear.onGap });
				await tell(scene, channel, "1");
				await tell(scene, channel, "2");
				await ear.hears(`${channel}=1`, `${channel}=2`);
				await scene.dropSubscribers();
				await until("the gap is told", 10_000, async () => ear.gaps.length === 1);
				await until("it is warned of", 5000, async () => warnings.length >= 3);
				assert.ok(
					warnings.every((code) => code === "RK_LISTENER_ERROR"),
					warnings.join(),
				);
			} finally {
				process.off("warning", onWarning);
			}
		},
	),
	check("payloads are bytes, whatever they hold", EVERYWHERE, async (scene) => {
		const port = await scene.open();
		const channel = scene.spread("žluť🐎");
		const payloads: Buffer[] = [];
		await port.subscribe({ names: [channel], onMessage: (payload) => payloads.push(payload) });
		const sent = [Buffer.from([0, 0xff, 0x0d, 0x0a, 0x80]), Buffer.alloc(0), Buffer.alloc(200_000, 0xfe)];
		for (const payload of sent) await port.command(publish(channel, payload));
		await until("all came", 5000, async () => payloads.length === sent.length);
		assert.deepEqual(payloads, sent);
	}),
	check("messages come in the order in which they were sent", EVERYWHERE, async (scene) => {
		const port = await scene.open();
		const channel = scene.key("c");
		const ear = new Ear();
		await port.subscribe({ kind: "shard", names: [channel], onMessage: ear.onMessage });
		const numbers = Array.from({ length: 500 }, (_, i) => i);
		await port.batch(numbers.map((n) => ({ ...raw(["SPUBLISH", channel, `${n}`]), key: channel })));
		await ear.hears(...numbers.map((n) => `${channel}=${n}`));
	}),
	// Red when PUBLISH, which names no key, goes to any master of a cluster.
	check(
		"messages on one channel come in their order, though each is a command of its own",
		EVERYWHERE,
		async (scene) => {
			const port = await scene.open();
			const channel = scene.spread("c");
			const ear = new Ear();
			await port.subscribe({ names: [channel], onMessage: ear.onMessage });
			const numbers = Array.from({ length: 300 }, (_, i) => i);
			await Promise.all(numbers.map((n) => port.command(publish(channel, `${n}`))));
			await ear.hears(...numbers.map((n) => `${channel}=${n}`));
		},
	),
	check("commands go on while there are subscriptions", EVERYWHERE, async (scene) => {
		const port = await scene.open();
		await port.subscribe({ names: [scene.spread("c")], onMessage: () => {} });
		await port.subscribe({ kind: "pattern", names: [scene.spread("*")], onMessage: () => {} });
		assert.equal(await port.command(raw(["SET", scene.key("k"), "v"])), "OK");
		assert.deepEqual(await port.transaction([raw(["GET", scene.key("k")])]), ["v"]);
	}),
	check(
		"a name that is not permitted refuses the subscription, and the permitted ones are undone",
		EVERYWHERE,
		async (scene) => {
			const port = await scene.open();
			const [allowed, forbidden] = [scene.spread("allowed"), scene.spread("forbidden")];
			const servers = scene.servers;
			const channels = [`&${allowed}`, "&__sentinel__:*"]; // Sentinels are this user too
			for (const server of servers)
				await server.command("ACL", "SETUSER", "default", "resetchannels", ...channels);
			try {
				const ear = new Ear();
				const held = await port.subscribe({ names: [allowed], onMessage: ear.onMessage });
				const other = port.subscribe({ names: [allowed, forbidden], onMessage: () => {} });
				await failure(other, { code: "NOPERM", outcome: "refused" });
				await tell(scene, allowed, "1");
				await ear.hears(`${allowed}=1`);
				await held.close();
				await failure(port.subscribe({ names: [forbidden, allowed], onMessage: () => {} }), {
					code: "NOPERM",
				});
				await until("nobody listens", 5000, async () => (await listeners(scene, allowed)) === 0);
			} finally {
				for (const server of servers) await server.command("ACL", "SETUSER", "default", "allchannels");
			}
			const later = await port.subscribe({ names: [forbidden], onMessage: () => {} });
			assert.equal(await listeners(scene, forbidden), 1);
			await later.close();
		},
	),
	check("a subscription that is not confirmed in time is given up and undone", EVERYWHERE, async (scene) => {
		const port = await scene.open();
		const channel = scene.spread("c");
		for (const proxy of scene.proxies) proxy.delay(400);
		const late = port.subscribe({ names: [channel], onMessage: () => {}, timeoutMs: 60 });
		await failure(late, { code: "RK_TIMEOUT" });
		for (const proxy of scene.proxies) proxy.delay(0);
		await until("nobody listens", 10_000, async () => (await listeners(scene, channel)) === 0);
		await quiet(100);
		assert.equal(await listeners(scene, channel), 0);
	}),
	check("a signal ends a subscription, also while it is being made", EVERYWHERE, async (scene) => {
		const port = await scene.open();
		const channel = scene.spread("c");
		const controller = new AbortController();
		const ear = new Ear();
		const subscription = await port.subscribe({
			names: [channel],
			onMessage: ear.onMessage,
			signal: controller.signal,
		});
		controller.abort();
		assert.equal(subscription.closed, true);
		await until("nobody listens", 5000, async () => (await listeners(scene, channel)) === 0);
		const early = { names: [channel], onMessage: ear.onMessage, signal: AbortSignal.abort() };
		await failure(port.subscribe(early), { code: "RK_ABORTED", outcome: "not-sent" });
		for (const proxy of scene.proxies) proxy.delay(300);
		const during = new AbortController();
		const making = port.subscribe({ names: [channel], onMessage: ear.onMessage, signal: during.signal });
		during.abort();
		await failure(making, { code: "RK_ABORTED" });
		for (const proxy of scene.proxies) proxy.delay(0);
		await until("nobody listens", 5000, async () => (await listeners(scene, channel)) === 0);
	}),
	check(
		"no names, and in a cluster shard channels of several slots, are refused before anything is sent",
		EVERYWHERE,
		async (scene) => {
			const port = await scene.open();
			await failure(port.subscribe({ names: [], onMessage: () => {} }), { code: "RK_INVALID_ARGUMENT" });
			if (scene.kind !== "cluster") return;
			const one = scene.key("one");
			const names = [one, await scene.keyElsewhere(one)];
			await failure(port.subscribe({ kind: "shard", names, onMessage: () => {} }), {
				code: "RK_CROSS_SLOT",
				outcome: "not-sent",
			});
			assert.equal(scene.count("SSUBSCRIBE"), 0);
		},
	),
	check(
		"after 1000 subscriptions that begin and end in any order the server has exactly those that are left",
		EVERYWHERE,
		async (scene) => {
			const port = await scene.open();
			const random = randomFrom(7);
			const names = ["a", "b", "c", "d"].map((name) => scene.spread(name));
			const open: Array<{ name: string; ear: Ear; ended: boolean; end: Promise<() => Promise<void>> }> = [];
			const endings: Array<Promise<void>> = [];
			for (let i = 0; i < 1000; i++) {
				const old = random(2) === 0 ? open.splice(random(Math.max(open.length, 1)), 1)[0] : undefined;
				if (old !== undefined) {
					endings.push(old.end.then((end) => end()));
				} else {
					const name = names[random(names.length)] ?? "";
					const ear = new Ear();
					const end = port.subscribe({ names: [name], onMessage: ear.onMessage }).then(({ close }) => close);
					open.push({ name, ear, ended: false, end });
				}
				if (random(20) === 0) await quiet(1);
			}
			await Promise.all([...endings, ...open.map(({ end }) => end)]);
			for (const name of names) {
				assert.equal(await listeners(scene, name), open.some((each) => each.name === name) ? 1 : 0, name);
				await tell(scene, name, "1");
			}
			for (const { name, ear } of open) await ear.hears(`${name}=1`);
			await Promise.all(open.map(async ({ end }) => (await end)()));
			for (const name of names) assert.equal(await listeners(scene, name), 0, name);
		},
		60_000,
	),
	check(
		"a shard channel whose slot moved is heard on its new node, after one gap",
		["cluster"],
		async (scene) => {
			const port = await scene.open();
			const cluster = scene.cluster();
			const ear = new Ear();
			const channel = scene.key("c");
			const slot = slotOf(channel);
			await port.subscribe({ kind: "shard", names: [channel], onMessage: ear.onMessage, onGap: ear.onGap });
			const from = await cluster.ownerOf(slot);
			const to = (await cluster.masters()).find((master) => master !== from);
			assert.ok(to);
			await cluster.moveSlot(slot, to);
			await until("the gap is told", 15_000, async () => ear.gaps.length > 0);
			await tell(scene, channel, "moved", "shard");
			await ear.hears(`${channel}=moved`);
			await quiet();
			assert.equal(ear.gaps.length, 1);
			assert.equal(await listeners(scene, channel, true), 1);
			await cluster.moveSlot(slot, from);
		},
	),
	check("a subscription made where the slot no longer is finds its node", ["cluster"], async (scene) => {
		const port = await scene.open();
		const cluster = scene.cluster();
		const ear = new Ear();
		const channel = scene.key("c");
		const slot = slotOf(channel);
		const from = await cluster.ownerOf(slot);
		const to = (await cluster.masters()).find((master) => master !== from);
		assert.ok(to);
		await cluster.moveSlot(slot, to);
		await port.subscribe({ kind: "shard", names: [channel], onMessage: ear.onMessage, timeoutMs: 10_000 });
		await tell(scene, channel, "1", "shard");
		await ear.hears(`${channel}=1`);
		await cluster.moveSlot(slot, from);
	}),
	check(
		"subscriptions of many shards, channels and patterns live side by side",
		["cluster"],
		async (scene) => {
			const port: RedisPort = await scene.open();
			const ears = new Map<string, Ear>();
			for (let i = 0; i < 12; i++) {
				const channel = scene.spread(`c${i}`);
				const ear = new Ear();
				ears.set(channel, ear);
				await port.subscribe({ kind: "shard", names: [channel], onMessage: ear.onMessage });
			}
			for (const channel of ears.keys()) await tell(scene, channel, "1", "shard");
			for (const [channel, ear] of ears) await ear.hears(`${channel}=1`);
		},
	),
];
