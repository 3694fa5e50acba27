import { hgetall, type RedisPort, zrange } from "@rk/client";
import { expect } from "vitest";

/** Every session at the prefix that belongs to a user, on one server: handle to user. */
export async function ownedSessions(redis: RedisPort, prefix: string): Promise<Map<string, string>> {
	const owned = new Map<string, string>();
	for await (const page of redis.scan({ match: `${prefix}:{*` })) {
		for (const key of page) {
			const fields = await redis.command(hgetall(key));
			const user = fields.get("user") ?? "";
			if (fields.has("version") && user !== "") owned.set(key.slice(prefix.length + 2, -1), user);
		}
	}
	return owned;
}

/** What makes `destroyUser` sure: no session is missing in its user's index. */
export async function expectIndexed(redis: RedisPort, prefix: string): Promise<void> {
	for (const [handle, user] of await ownedSessions(redis, prefix)) {
		const index = await redis.command(zrange(`${prefix}:user:{${user}}`, 0, -1));
		expect(index, `the index of ${user}`).toContain(handle);
	}
}

/** All keys of the server at the prefix. */
export async function keysAt(redis: RedisPort, prefix: string): Promise<string[]> {
	const keys: string[] = [];
	for await (const page of redis.scan({ match: `${prefix}:*` })) keys.push(...page);
	return keys;
}
