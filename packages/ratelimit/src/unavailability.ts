import { CommandError, ServerError } from "@rk/client";
import type { Unavailability } from "./errors.ts";

/** What the scripts raise. */
const FOREIGN = "RKSTATE";

const SERVER_SAYS: ReadonlyMap<string, Unavailability> = new Map([
	["READONLY", "readonly"],
	["NOREPLICAS", "readonly"],
	["MISCONF", "readonly"],
	["OOM", "oom"],
	["LOADING", "loading"],
	["MASTERDOWN", "loading"],
	["CLUSTERDOWN", "cluster"],
	["TRYAGAIN", "cluster"],
	["MOVED", "cluster"],
	["ASK", "cluster"],
	["BUSY", "script"],
	["UNKILLABLE", "script"],
]);

/**
 * Why Redis did not decide; `undefined` where it is not Redis that failed: an argument, a signal, a state, keys of two slots, a port that
 * was closed, by the application or because its client gave up for good. (Letting all through from then on would hide that.)
 */
export function unavailability(error: unknown): Unavailability | undefined {
	if (!(error instanceof CommandError)) return undefined;
	switch (error.code) {
		case "RK_TIMEOUT":
			return "timeout";
		case "RK_CONNECTION":
			return "connection";
	}
	if (!(error instanceof ServerError) || error.code === FOREIGN) return undefined;
	return SERVER_SAYS.get(error.code) ?? "server";
}

/** The key holds what no limiter of this kind wrote. */
export function isForeign(error: unknown): error is ServerError {
	return error instanceof ServerError && error.code === FOREIGN;
}
