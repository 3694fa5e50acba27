import { info, type RedisPort } from "@rk/client";
import type { Events } from "./events.ts";

/** Looks once whether a server may evict locks, and says so by an event: a lock that is evicted has two holders soon. */
export async function checkEviction(redis: RedisPort, events: Events): Promise<void> {
	for (const [node, facts] of await redis.everyMaster(info("memory"))) {
		if (facts instanceof Error || facts.get("maxmemory") === "0") continue; // INFO may be forbidden
		const policy = facts.get("maxmemory_policy") ?? "noeviction";
		if (policy !== "noeviction") events.emit({ type: "eviction-policy", node, policy });
	}
}
