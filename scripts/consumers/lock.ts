import type { RedisPort } from "@rk/client";
import {
	compareFence,
	createLocks,
	createRedlock,
	fencedWrite,
	type Lock,
	type LockEvent,
	type LockInfo,
	LockLostError,
	type Locks,
	type NodeVote,
	QuorumError,
	type Redlock,
} from "@rk/lock";

export function make(redis: RedisPort): Locks {
	return createLocks(redis, {
		ttlMs: 5_000,
		wait: "pubsub",
		onEvent: (event: LockEvent) => {
			if (event.type === "lost") console.log(event.error.reason);
		},
	});
}

export async function work(redis: RedisPort, locks: Locks, signal: AbortSignal): Promise<number> {
	const lock: Lock | null = await locks.tryAcquire("job", { meta: "host" });
	if (lock === null) return 0;
	await fencedWrite(redis, "job:result", "done", lock.fence, { ttlMs: 60_000 });
	const found: LockInfo = await locks.inspect("job");
	if (found.held) console.log(found.owner, found.acquiredAt?.toISOString());
	await lock.extend(10_000);
	await (await locks.adopt(lock.detach())).release();
	try {
		return await locks.withLock(
			"job",
			(aborted, held) => (aborted.aborted ? 0 : compareFence(held.fence, "1")),
			{
				waitMs: 1_000,
				signal,
			},
		);
	} catch (error) {
		if (error instanceof LockLostError) console.log(error.reason, error.result);
		throw error;
	}
}

export async function vote(servers: readonly RedisPort[]): Promise<readonly NodeVote[]> {
	const redlock: Redlock = createRedlock(servers, { tries: 3, retryMs: 50, nodeTimeoutMs: 20 });
	try {
		await (await redlock.acquire("job", { waitMs: 100 })).release();
		return [];
	} catch (error) {
		if (error instanceof QuorumError) return error.nodes;
		throw error;
	} finally {
		await redlock.close();
	}
}
