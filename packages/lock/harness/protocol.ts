import type { SubjectName } from "./subjects/index.ts";
import type { SubjectSettings } from "./subjects/subject.ts";

/** What a worker is started with. */
export interface WorkerSettings extends SubjectSettings {
	readonly subject: SubjectName;
	readonly name: string;
	readonly historyPath: string;
	readonly seed: number;
	readonly work: Work;
}

/** From the least to the most, in milliseconds; the worker's seed chooses. */
export type Span = readonly [least: number, most: number];

/** What every worker does over and over: waits for one of the keys, holds it, rests. */
export interface Work {
	readonly keys: number;
	/** A new key for every round of this many milliseconds, so that nothing learnt about a key helps with the next. */
	readonly freshKeyMs?: number;
	readonly holdMs: Span;
	readonly restMs: Span;
	readonly waitMs: Span;
	/** When the wait is given up by its signal, if it lasts so long. */
	readonly abortMs?: Span;
}

/** What the register says: `undefined` where the access was refused. */
export interface Registered {
	readonly fenced: number | undefined;
	readonly unfenced: number;
}

/** From the harness to a worker. */
export type Order =
	| { readonly kind: "work" }
	| { readonly kind: "block"; readonly ms: number }
	| { readonly kind: "shift clock"; readonly ms: number }
	| { readonly kind: "registered"; readonly id: number; readonly value: Registered }
	| { readonly kind: "stop" }
	| { readonly kind: "leave" };

/** From a worker to the harness. */
export type Report =
	| { readonly kind: "ready" }
	| {
			readonly kind: "read";
			readonly id: number;
			readonly key: string;
			readonly hold: string;
			readonly fence?: string;
	  }
	| {
			readonly kind: "write";
			readonly id: number;
			readonly key: string;
			readonly hold: string;
			readonly fence?: string;
			readonly values: Registered;
	  }
	/** The library is closed, the connections are not. */
	| { readonly kind: "closed" };
