import { Redis } from "ioredis";

/** What is cached: a number for each key, which only grows. The same for all processes. */
export interface Database {
	read(keys: readonly string[]): Promise<number[]>;
	/** Makes each of the numbers greater, and gives them. */
	change(keys: readonly string[]): Promise<number[]>;
	close(): void;
}

export function openDatabase(url: string): Database {
	const redis = new Redis(url);
	const row = (key: string): string => `row:${key}`;
	return {
		async read(keys) {
			const found = await redis.mget(keys.map(row));
			return found.map(Number);
		},
		async change(keys) {
			const changed: number[] = [];
			for (const key of keys) changed.push(await redis.incr(row(key)));
			return changed;
		},
		close: () => redis.disconnect(),
	};
}
