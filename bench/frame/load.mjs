/** Units of what {@link load} measures. */
export const UNITS = { cpu: "µs/op", rate: "ops/s" };

/**
 * Does the operation `operations` times, `concurrency` at a time, each of them as soon as the one before has its result.
 *
 * `cpu` is the time that all threads of this process worked, user and system together: that of a server in another process
 * is not in it, nor is the time spent waiting for one.
 */
export async function load(operation, concurrency, operations) {
	let next = 0;
	const worker = async () => {
		while (next < operations) await operation(next++);
	};
	const began = performance.now();
	const before = process.cpuUsage();
	await Promise.all(Array.from({ length: concurrency }, worker));
	const { user, system } = process.cpuUsage(before);
	const seconds = (performance.now() - began) / 1000;
	return { cpu: (user + system) / operations, rate: operations / seconds };
}
