/** How a token stands to its lock, as Redis says: it holds it, nobody does, another does, or too few of several servers say so. */
export type Standing = "held" | "gone" | "taken" | "outvoted";

/**
 * A holder's claim where the lock is kept, on one server or on several: what a held lock asks for, however it is voted on.
 * Both may be repeated, and neither ever takes the lock anew.
 */
export interface Stake {
	/**
	 * Lets the lock live for `ttlMs` from now on, if that is longer than it has; with 1 it only looks.
	 * Rejects where that is not known: what the server said no to is an answer, and no error.
	 */
	extend(ttlMs: number, timeoutMs: number): Promise<Standing>;
	/** Gives the lock back: `held` means that it was held until now. Rejects where that is not known. */
	release(timeoutMs: number): Promise<Standing>;
}
