import { WaitTimeoutError } from "./errors.ts";

const POLL_MS = 20;

/** Resolves after `ms`. Not unref'd: a script that only waits for a server must not end meanwhile. */
function pause(ms: number): Promise<void> {
	return new Promise((resolve) => setTimeout(resolve, ms));
}

/**
 * Polls `reached` until it gives a value other than `undefined` and `false`, which is returned.
 * A rejection counts as "not yet" and becomes the cause of the timeout.
 *
 * @throws {WaitTimeoutError} not within `timeoutMs`
 */
export async function until<T>(
	what: string,
	timeoutMs: number,
	reached: () => Promise<T | undefined | false>,
): Promise<T> {
	const end = performance.now() + timeoutMs;
	for (;;) {
		let cause: unknown;
		try {
			const value = await reached();
			if (value !== undefined && value !== false) return value;
		} catch (error) {
			cause = error;
		}
		if (performance.now() > end) throw new WaitTimeoutError(what, timeoutMs, { cause });
		await pause(POLL_MS);
	}
}
