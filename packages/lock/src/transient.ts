import { CommandError } from "@rk/client";
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

/** The same command may succeed in a moment. The codes are compared, since copies of a class may meet in one process. */
export function isTransient(error: unknown): boolean {
	if (error instanceof QuorumError) return error.retryable;
	return error instanceof CommandError && LATER.has(error.code);
}

/** The server may have run the command, though nobody knows. */
export function mayHaveRun(error: unknown): boolean {
	return error instanceof CommandError && error.outcome === "unknown";
}
