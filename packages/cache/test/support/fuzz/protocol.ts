import type { Entry } from "./history.ts";
import type { SubjectName } from "./subjects/index.ts";
import type { SubjectSettings } from "./subjects/subject.ts";

/** What a worker is started with. */
export interface WorkerSettings extends SubjectSettings {
	readonly subject: SubjectName;
	readonly node: string;
	readonly databaseUrl: string;
	readonly seed: number;
	readonly verbs: readonly WriteVerb[];
	/** After so many it goes on, and says that it has written enough. */
	readonly writes: number;
}

/** How a writer tells the cache that the database changed. */
export type WriteVerb =
	| "delete"
	| "deleteMany"
	| "set"
	| "setMany"
	| "invalidateTag"
	| "clear"
	| "expire"
	| "expireTag";

/** From the harness to a worker. */
export type Order =
	| { readonly kind: "work" }
	| { readonly kind: "stop" }
	/** Read every key once. */
	| { readonly kind: "look"; readonly round: number }
	| { readonly kind: "leave" };

/** From a worker to the harness. */
export type Report =
	| { readonly kind: "ready" }
	| { readonly kind: "written" }
	| { readonly kind: "stopped" }
	/** `fresh`: every key was as new as the database. */
	| { readonly kind: "looked"; readonly fresh: boolean }
	| { readonly kind: "history"; readonly entries: readonly Entry[] };
