import type { Command, RedisPort } from "@rk/client";

/** A port that takes `count` commands (a batch is one) and then none: as for a process that is killed in between. */
export function cutAfter(redis: RedisPort, count: number): RedisPort {
	let left = count;
	const sending = (): void => {
		left -= 1;
		if (left < 0) throw new Error("cut off");
	};
	return new Proxy(redis, {
		get: (target, name) => {
			if (name === "command" || name === "batch")
				return async (command: Command<unknown>, ...rest: unknown[]) => {
					sending();
					return Reflect.apply(Reflect.get(target, name), target, [command, ...rest]);
				};
			return Reflect.get(target, name);
		},
	});
}

/** A port that has something happen before its `nth` command (a batch is one): as another process may do at that moment. */
export function interrupted(redis: RedisPort, nth: number, work: () => Promise<unknown>): RedisPort {
	let sent = 0;
	return new Proxy(redis, {
		get: (target, name) => {
			if (name === "command" || name === "batch")
				return async (command: Command<unknown>, ...rest: unknown[]) => {
					sent += 1;
					if (sent === nth) await work();
					return Reflect.apply(Reflect.get(target, name), target, [command, ...rest]);
				};
			return Reflect.get(target, name);
		},
	});
}
