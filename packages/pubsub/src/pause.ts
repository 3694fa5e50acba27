import { RkError } from "@rk/client";

/** Waits without keeping the process alive. */
export function pause(ms: number): Promise<void> {
	return new Promise((resolve) => {
		setTimeout(resolve, ms).unref();
	});
}

/** Before the next attempt of what failed so many times in a row; random by up to half, so that many do not act as one. */
export function backoffMs(failures: number): number {
	return Math.min(2_000, 25 * 2 ** Math.min(failures, 10)) * (0.5 + Math.random() / 2);
}

/** The port takes nothing any more: there is no next attempt. */
export function isClosed(error: unknown): boolean {
	return error instanceof RkError && error.code === "RK_CLOSED";
}
