import { readFileSync } from "node:fs";

/** The state letter of a process as the kernel gives it (`T` stopped, `Z` ended but not yet reaped), or `undefined` if there is none. */
export function stateOf(pid: number | undefined): string | undefined {
	try {
		return /^\d+ \(.*\) (\S)/.exec(readFileSync(`/proc/${pid}/stat`, "utf8"))?.[1];
	} catch {
		return undefined;
	}
}

export function isAlive(pid: number | undefined): boolean {
	const state = stateOf(pid);
	return state !== undefined && state !== "Z";
}
