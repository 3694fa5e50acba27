import {
	batchGet,
	batchSet,
	CommandError,
	type CommandTarget,
	defineScript,
	get,
	hashTag,
	integer,
	makeKey,
	type Outcome,
	type RedisPort,
	RkError,
	raw,
	set,
	slotOf,
	transact,
} from "@rk/client";

const account = hashTag("account", 7);
const add = defineScript({
	lua: 'return redis.call("INCRBY", KEYS[1], ARGV[1])',
	keys: 1,
	reply: integer,
});

export async function readBoth(redis: CommandTarget): Promise<string | null> {
	const [written, name, counted] = await redis.batch([set("a", "1"), get("b"), add(["c"], ["5"])]);
	const all: [boolean | CommandError, string | null | CommandError, number | CommandError] = [
		written,
		name,
		counted,
	];
	return all[1] instanceof CommandError ? all[1].code : all[1];
}

export async function work(redis: RedisPort, signal: AbortSignal): Promise<Outcome | undefined> {
	const many: Map<string, string | null> = await batchGet(redis, ["a", "b"]);
	await batchSet(redis, new Map([["a", "1"]]), { ttlMs: 1_000 });
	const done = await transact(redis, [makeKey("a", many.size)], async (session) => {
		const held = await session.command(get("a"), { signal });
		return held === null ? null : [set("a", held)];
	});
	const subscription = await redis.subscribe({
		names: ["news"],
		onMessage: (payload, channel) => console.log(payload.length, channel),
	});
	await subscription.close();
	try {
		console.log(done, slotOf(makeKey("x")), account, await redis.command(raw(["PING"])));
	} catch (error) {
		if (error instanceof CommandError) return error.outcome;
		if (error instanceof RkError) console.log(error.code);
	}
	return undefined;
}
