import { type Command, type RedisPort, TimeoutError } from "@rk/client";

/** A port that has something happen before each command (a batch is one), with its number from 1 on. */
export function hindered(redis: RedisPort, before: (nth: number) => unknown): RedisPort {
	let sent = 0;
	return new Proxy(redis, {
		get: (target, name) => {
			if (name === "command" || name === "batch")
				return async (command: Command<unknown>, ...rest: unknown[]) => {
					sent += 1;
					await before(sent);
					return Reflect.apply(Reflect.get(target, name), target, [command, ...rest]);
				};
			return Reflect.get(target, name);
		},
	});
}

/** A port that takes `count` commands and then none: as for a process that is killed in between. */
export function cutAfter(redis: RedisPort, count: number): RedisPort {
	return hindered(redis, (nth) => {
		if (nth > count) throw new Error("cut off");
	});
}

/** A port that has something happen before its `nth` command: as another process may do at that moment. */
export function interrupted(redis: RedisPort, nth: number, work: () => Promise<unknown>): RedisPort {
	return hindered(redis, (n) => (n === nth ? work() : undefined));
}

/** A port that has the commands run whose number, from 1 on, is among these, and loses their replies. */
export function deaf(redis: RedisPort, lost: readonly number[]): RedisPort {
	let sent = 0;
	return new Proxy(redis, {
		get: (target, name) => {
			if (name !== "command") return Reflect.get(target, name);
			return async (...args: unknown[]) => {
				sent += 1;
				const isLost = lost.includes(sent);
				const reply: unknown = await Reflect.apply(target.command, target, args);
				if (isLost) throw new TimeoutError("No reply", 1, "unknown");
				return reply;
			};
		},
	});
}
