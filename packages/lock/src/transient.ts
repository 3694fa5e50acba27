import { RkError } from "@rk/client";
import { QuorumError } from "./errors.ts";

/** Of a server that will take the command later: it starts, fails over, moves slots, or runs a long script. */
const LATER: ReadonlySet<string> = new Set([
	"BUSY",
	"CLUSTERDOWN",
	"LOADING",
	"MASTERDOWN",
	"NOREPLICAS",
	"READONLY",
	"TRYAGAIN",
	"UNBLOCKED",
	"RK_CONNECTION",
	"RK_TIMEOUT",
]);

/** The port failed with this: its code is compared, since the adapter may have another copy of the class, as ESM beside CommonJS has. */
export function isCode(error: unknown, code: string): boolean {
	return error instanceof RkError && error.code === code;
}

/** The same command may succeed in a moment. */
export function isTransient(error: unknown): boolean {
	if (error instanceof QuorumError) return error.retryable;
	return error instanceof RkError && LATER.has(error.code);
}

/** The server may have run the command, though nobody knows. */
export function mayHaveRun(error: unknown): boolean {
	return error instanceof RkError && "outcome" in error && error.outcome === "unknown";
}
