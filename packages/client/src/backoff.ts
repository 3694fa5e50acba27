/** Doubling delays from `first` to `longest` milliseconds, each cut by up to half at random so that many do not act as one. */
export function backoffMs(attempt: number, first: number, longest: number): number {
	return Math.min(longest, first * 2 ** attempt) * (0.5 + Math.random() / 2);
}

/** Waits without keeping the process alive. */
export function pause(ms: number): Promise<void> {
	return new Promise((resolve) => {
		setTimeout(resolve, ms).unref();
	});
}
