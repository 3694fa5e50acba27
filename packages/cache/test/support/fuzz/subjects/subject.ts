import type { Value } from "../history.ts";

export type Loader = () => Promise<Value>;
export type BulkLoader = (keys: readonly string[]) => Promise<readonly Value[]>;

/**
 * A cache library, as one process uses it. What it lacks is left out, and not asked of it.
 *
 * A value is loaded together with the tags of its key.
 */
export interface Subject {
	getOrLoad(key: string, load: Loader): Promise<Value>;
	get?(key: string): Promise<Value | undefined>;
	/** What is in memory, at once. */
	peek?(key: string): Value | undefined;
	getMany?(keys: readonly string[]): Promise<readonly (Value | undefined)[]>;
	getOrLoadMany?(keys: readonly string[], load: BulkLoader): Promise<readonly Value[]>;
	set?(value: Value): Promise<unknown>;
	setMany?(values: readonly Value[]): Promise<unknown>;
	delete(key: string): Promise<unknown>;
	deleteMany?(keys: readonly string[]): Promise<unknown>;
	expire?(key: string): Promise<unknown>;
	invalidateTag?(tag: string): Promise<unknown>;
	expireTag?(tag: string): Promise<unknown>;
	clear?(): Promise<unknown>;
	/** Ends the library and its connections. */
	close(): Promise<void>;
}

/** What a subject is opened with. */
export interface SubjectSettings {
	readonly client: "ioredis" | "node-redis";
	readonly topology: "server" | "cluster";
	/** `redis://host:port` of the server, or of the cluster's nodes. */
	readonly urls: readonly string[];
	readonly tiers: Tiers;
	readonly ttlMs: number;
	/** How long after that a value may be served while it is loaded anew; 0: not at all. */
	readonly staleMs: number;
	readonly heartbeatMs: number;
	/** The tags of a key. */
	readonly tags: Readonly<Record<string, readonly string[]>>;
}

/** In memory, in Redis, or in both. */
export type Tiers = "L1" | "L2" | "L1 + L2";

export type OpenSubject = (settings: SubjectSettings) => Promise<Subject>;
