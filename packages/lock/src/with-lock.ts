import { LockLostError, LockNotHeldError } from "./errors.ts";
import type { Events } from "./events.ts";
import type { Lock } from "./lock.ts";

/** Runs the work under the lock, gives the lock back, and tells the truth about both. */
export async function runUnder<T>(
	lock: Lock,
	work: (signal: AbortSignal, lock: Lock) => T | Promise<T>,
	onLost: "throw" | "return",
	events: Events,
): Promise<T> {
	let result: T;
	try {
		result = await work(lock.signal, lock);
	} catch (error) {
		const failure = await failureOf(lock);
		if (failure !== undefined && !suppress(error, failure))
			events.emit({ type: "release-failed", key: lock.key, error: failure });
		throw error;
	}
	const loss = lossOf(lock);
	const failure = await failureOf(lock);
	const lost = loss ?? (failure instanceof LockNotHeldError ? failure : undefined);
	if (lost !== undefined && onLost === "throw") throw withResult(lock, lost, result);
	if (failure !== undefined) events.emit({ type: "release-failed", key: lock.key, error: failure });
	return result;
}

/** Before it is released, which is the end of what it can tell. */
function lossOf(lock: Lock): LockLostError | undefined {
	try {
		lock.throwIfLost();
		return undefined;
	} catch (error) {
		if (error instanceof LockLostError) return error;
		throw error;
	}
}

async function failureOf(lock: Lock): Promise<unknown> {
	try {
		await lock.release();
		return undefined;
	} catch (error) {
		// The work handed it over.
		return error instanceof LockNotHeldError && error.reason === "detached" ? undefined : error;
	}
}

function withResult(lock: Lock, lost: LockLostError | LockNotHeldError, result: unknown): LockLostError {
	if (lost instanceof LockLostError) return new LockLostError(lock.key, lost, { result, cause: lost });
	const reason = lost.reason === "taken" ? "stolen" : "deleted";
	const facts = { reason, at: Date.now(), validUntil: lock.validUntil } as const;
	return new LockLostError(lock.key, facts, { result, cause: lost });
}

/**
 * The work's own error is what the caller hears; that of the release hangs on it as `suppressed`. False where it cannot: it is no
 * error, or has one already.
 */
function suppress(error: unknown, suppressed: unknown): boolean {
	if (!(error instanceof Error) || !Object.isExtensible(error) || "suppressed" in error) return false;
	Object.defineProperty(error, "suppressed", { value: suppressed, configurable: true, writable: true });
	return true;
}
