/** Waits, and rejects with the signal's reason when that aborts. The wait does not keep the process alive. */
export async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
	signal?.throwIfAborted();
	await new Promise<void>((resolve) => {
		const wake = (): void => {
			clearTimeout(timer);
			signal?.removeEventListener("abort", wake);
			resolve();
		};
		const timer = setTimeout(wake, ms);
		timer.unref();
		signal?.addEventListener("abort", wake);
	});
	signal?.throwIfAborted();
}
