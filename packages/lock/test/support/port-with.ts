import type { RedisPort } from "@rk/client";

/** The same port, which does some things in another way. */
export function portWith(redis: RedisPort, others: Partial<RedisPort>): RedisPort {
	return new Proxy(redis, {
		get(port, name) {
			if (Object.hasOwn(others, name)) return Reflect.get(others, name);
			const value: unknown = Reflect.get(port, name);
			return typeof value === "function" ? value.bind(port) : value;
		},
	});
}
