import type { ConnectOptions, RedisPort } from "@rk/client";
import type { TestServer } from "@rk/testing";

/** `connect` of either adapter: they take the same options. */
export type Connect = (options: ConnectOptions) => Promise<RedisPort>;

/** What a step works with. */
export interface Scene {
	/** Connected by `connect`, for steps that need no connection of their own. */
	readonly redis: RedisPort;
	readonly connect: Connect;
	readonly server: TestServer;
	/** The first parts of every key. */
	readonly prefix: readonly string[];
}

/** One thing that rk does. */
export interface Step {
	/** What it shows, after "✓". */
	readonly title: string;
	/** Does it, and returns what is worth telling, a line each. Throws where something is not as promised. */
	run(scene: Scene): Promise<readonly string[]>;
}

/** @throws {Error} `promise` was not kept */
export function check(kept: boolean, promise: string): asserts kept {
	if (!kept) throw new Error(`Not kept: ${promise}`);
}
