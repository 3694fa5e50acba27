import { backoffMs, pause } from "./backoff.ts";
import { checkArray, checkFunction, checkInteger, checkKnown, checkMs } from "./check.ts";
import type { Arg, Command } from "./command.ts";
import { exists } from "./commands/keys.ts";
import { AbortedError, InvalidArgumentError, TimeoutError, TransactionConflictError } from "./errors.ts";
import type { CallOptions, RedisPort, RedisSession, TransactionResults } from "./port.ts";
import { isRedirection } from "./routes.ts";
import { sharedSlot } from "./slot.ts";

export interface TransactOptions {
	/** How often it is tried again when a watched key changed meanwhile. @default 10 */
	readonly retries?: number;
	/** Total time for all attempts, in milliseconds. @default none */
	readonly timeoutMs?: number;
	readonly signal?: AbortSignal;
}

/**
 * Optimistic concurrency: watches the keys, lets `attempt` read and decide what to write, and writes it only if no watched key
 * changed meanwhile; otherwise `attempt` runs again, after a short random pause.
 *
 * It works on a connection of its own: WATCH on a shared one protects nothing. `attempt` gets the session to read with, and
 * returns the commands to write, or `null` to write nothing. What it throws ends the transaction, nothing written.
 *
 * Under contention a script does the same without retries.
 *
 * @returns the results of the commands, or `null` where `attempt` returned `null`
 * @throws {TransactionConflictError} a watched key changed in each of 1 + `retries` attempts
 * @throws {CommandError} with the outcome `unknown` when the connection was lost at the write: it may have been done
 * @throws {CrossSlotError} in a cluster, keys that do not share a slot
 */
export async function transact<const C extends readonly Command<unknown>[]>(
	redis: RedisPort,
	watchKeys: readonly Arg[],
	attempt: (session: RedisSession) => Promise<C | null>,
	options: TransactOptions = {},
): Promise<TransactionResults<C> | null> {
	const { retries = 10, timeoutMs, signal } = options;
	checkInteger("retries", retries, 0);
	if (timeoutMs !== undefined) checkMs("timeoutMs", timeoutMs);
	checkKnown("", options, ["retries", "timeoutMs", "signal"]);
	checkArray("watchKeys", watchKeys);
	checkFunction("attempt", attempt);
	const [first, ...rest] = watchKeys;
	if (first === undefined) throw new InvalidArgumentError("watchKeys", watchKeys, "one key or more");
	if (redis.topology.kind === "cluster") sharedSlot([first, ...rest], "WATCH");
	const until = timeoutMs === undefined ? undefined : performance.now() + timeoutMs;
	for (let tries = 1; ; tries++) {
		const limits = limitsUntil(until, timeoutMs, signal);
		try {
			const lend =
				limits.timeoutMs === undefined ? limits : { ...limits, acquireTimeoutMs: limits.timeoutMs };
			const done = await redis.session(first, (session) => once(session, watchKeys, attempt, limits), lend);
			if (done !== CONFLICT) return done;
			if (tries > retries) throw new TransactionConflictError(tries);
		} catch (error) {
			// The slot moved: the server ran nothing. An ordinary command finds out where it is now.
			if (!isRedirection(error) || tries > retries) throw error;
			await redis.command(exists([first]), limits);
		}
		await pause(backoffMs(tries - 1, 2, 100));
	}
}

const CONFLICT = Symbol("a watched key changed");

async function once<const C extends readonly Command<unknown>[]>(
	session: RedisSession,
	watchKeys: readonly Arg[],
	attempt: (session: RedisSession) => Promise<C | null>,
	limits: CallOptions,
): Promise<TransactionResults<C> | null | typeof CONFLICT> {
	await session.watch(watchKeys, limits);
	const commands = await attempt(session);
	if (commands === null) return null;
	// What forgot to return something would be taken for nothing to write.
	checkArray("what attempt returns", commands);
	return (await session.exec(commands, limits)) ?? CONFLICT;
}

function limitsUntil(until: number | undefined, timeoutMs = 0, signal?: AbortSignal): CallOptions {
	if (signal?.aborted) throw new AbortedError(signal.reason, "not-sent");
	const aborts = signal === undefined ? {} : { signal };
	if (until === undefined) return aborts;
	const remainingMs = until - performance.now();
	if (remainingMs < 1) throw new TimeoutError("The transaction was not done", timeoutMs, "not-sent");
	return { ...aborts, timeoutMs: remainingMs };
}
