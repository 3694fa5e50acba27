import { openSync, readFileSync, writeSync } from "node:fs";
import { now } from "./clock.ts";

/** What a worker writes down, each at the instant at which it is true. `at` is in milliseconds of `now()`. */
export type Entry = { readonly at: number } & (
	| { readonly kind: "ask"; readonly hold: string; readonly key: string }
	| {
			readonly kind: "grant";
			readonly hold: string;
			readonly fence?: string;
			/** How long the library says that the lock is still good for, in milliseconds. */
			readonly remainingMs?: number;
			/** Before this the library cannot have asked the server for what it got. */
			readonly sentFrom?: number;
	  }
	/** The library said that the lock is held. The question was asked at `at` or later. */
	| { readonly kind: "held"; readonly hold: string }
	/** The library said that it is not. */
	| { readonly kind: "lost"; readonly hold: string }
	| { readonly kind: "release"; readonly hold: string }
	/** `ok`: the library said that the lock was held until this release. */
	| { readonly kind: "released"; readonly hold: string; readonly ok: boolean; readonly detail?: string }
	/** Not obtained within the time, or given up. */
	| { readonly kind: "denied"; readonly hold: string }
	| { readonly kind: "failed"; readonly hold: string; readonly detail: string }
	/** An unhandled rejection or uncaught exception. */
	| { readonly kind: "stray"; readonly detail: string }
	/** The worker closed all that it had. */
	| { readonly kind: "closed" }
);

type Untimed<T> = T extends unknown ? Omit<T, "at"> : never;

/** An entry, and the process that wrote it. A worker that was killed and started again is another one. */
export type Event = Entry & { readonly worker: string };

/** One worker's own file. Each entry is written before `write` returns, so that a killed worker leaves what it knew. */
export class HistoryFile {
	readonly #file: number;

	constructor(path: string) {
		this.#file = openSync(path, "a");
	}

	write(entry: Untimed<Entry>, at: number = now()): void {
		writeSync(this.#file, `${JSON.stringify({ at, ...entry })}\n`);
	}
}

/** All of one worker's entries; a last line that was cut off by its death is left out. */
export function readHistory(path: string, worker: string): Event[] {
	const lines = readFileSync(path, "utf8").split("\n").slice(0, -1);
	return lines.map((line) => ({ ...parse(line), worker }));
}

function parse(line: string): Entry {
	return JSON.parse(line);
}

/** A fault, from its beginning until the harness had undone it. */
export interface FaultWindow {
	readonly fault: string;
	readonly target: string;
	readonly from: number;
	readonly to: number;
	/** The server lost data: locks may be granted twice, for a while. */
	readonly losesData: boolean;
}

/** One access to the register that the locks protect, in the order in which the register saw them. */
export interface Access {
	readonly at: number;
	readonly key: string;
	readonly hold: string;
	readonly kind: "read" | "write";
	/** Whether the register compared fences. The same accesses are made to a register that does not. */
	readonly fenced: boolean;
	readonly value: number;
	readonly accepted: boolean;
}

/** What was there when everything had been closed and every lock given back or run out. */
export interface Leftovers {
	/** Keys of locks on the servers. */
	readonly keys: readonly string[];
	readonly channels: readonly string[];
	/** Workers that had closed all and did not end by themselves. */
	readonly lingering: readonly string[];
}

/** All that a run leaves for the checker. */
export interface History {
	readonly events: readonly Event[];
	readonly faults: readonly FaultWindow[];
	readonly accesses: readonly Access[];
	readonly leftovers: Leftovers;
}
