import type { Tiers } from "../fuzz/subjects/subject.ts";

/** What a worker is started with. */
export interface WorkerSettings {
	readonly client: "ioredis" | "node-redis";
	readonly url: string;
	readonly tiers: Exclude<Tiers, "L1">;
	readonly leaseMs: number;
}

/** From the test to a worker. */
export type Order =
	/** So many callers want the key at once. */
	| { readonly kind: "ask"; readonly key: string; readonly callers: number }
	/** What the loader that runs in this worker is to do. */
	| { readonly kind: "finish"; readonly how: "give" | "throw" }
	| { readonly kind: "delete"; readonly key: string }
	| { readonly kind: "leave" };

/** From a worker to the test. */
export type Report =
	| { readonly kind: "ready" }
	| { readonly kind: "asked" }
	/** A loader began, and waits to be told how to end. */
	| { readonly kind: "loading"; readonly at: number }
	/** All callers have their answer: how many of them each value, and each error. */
	| { readonly kind: "answered"; readonly values: Counted; readonly errors: Counted }
	| { readonly kind: "deleted" };

export type Counted = Readonly<Record<string, number>>;
