/** The part of node-redlock that the harness uses: the package has declarations, but hides them from ES modules. */
declare module "redlock" {
	import type { Redis } from "ioredis";

	export class ExecutionError extends Error {}

	export class Lock {
		/** Unix time in milliseconds. */
		expiration: number;
		release(): Promise<unknown>;
	}

	export default class Redlock {
		constructor(
			clients: Iterable<Redis>,
			settings?: { readonly retryDelay?: number; readonly retryJitter?: number },
		);
		acquire(
			resources: string[],
			durationMs: number,
			settings?: { readonly retryCount?: number },
		): Promise<Lock>;
	}
}
