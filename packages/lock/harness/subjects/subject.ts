/** A lock that was obtained, as its library speaks of it. */
export interface Hold {
	/** `undefined` where the library has no fencing tokens. */
	readonly fence: bigint | undefined;
	/**
	 * Whether the library says, at once and without asking the server, that the lock is held. Where it says nothing, its
	 * holder has no reason to doubt it, so: true.
	 */
	held(): boolean;
	/** How long it says that the lock is still good for; `undefined` where it does not say. */
	remainingMs(): number | undefined;
	/** Gives the lock back. True: the library says that it was held until now. */
	release(): Promise<boolean>;
}

/** A library under test, as one process uses it. */
export interface Subject {
	/** Waits for the lock; `undefined` if it was not obtained within `waitMs` or before `signal`. */
	acquire(key: string, wait: Wait): Promise<Hold | undefined>;
	/** Ends what the library has for itself. */
	close(): Promise<void>;
	/** Ends the connections to the servers. */
	disconnect(): Promise<void>;
}

export interface Wait {
	readonly waitMs: number;
	readonly signal: AbortSignal;
}

/** What a subject is opened with. */
export interface SubjectSettings {
	/** The servers, or, behind Sentinel or in a cluster, where to ask for them. */
	readonly nodes: readonly Node[];
	readonly topology: "servers" | "cluster" | "sentinel";
	readonly client: "ioredis" | "node-redis";
	readonly ttlMs: number;
	/** How many may hold a key at a time, where the subject is a semaphore. */
	readonly limit: number;
	/** Which of the workers this is, from 0. */
	readonly worker: number;
}

export interface Node {
	readonly host: string;
	readonly port: number;
}

export type OpenSubject = (settings: SubjectSettings) => Promise<Subject>;
