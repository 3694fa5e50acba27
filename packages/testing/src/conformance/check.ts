import type { Scene } from "./scene.ts";
import type { TopologyKind } from "./subject.ts";

export const EVERYWHERE: readonly TopologyKind[] = ["standalone", "cluster", "sentinel"];

/** A promise of the port, and how it is put to the test. */
export interface Definition {
	/** A sentence about what holds. */
	readonly name: string;
	readonly on: readonly TopologyKind[];
	readonly run: (scene: Scene) => Promise<void>;
	/** How long it may take, in milliseconds. */
	readonly limitMs: number;
}

export function check(
	name: string,
	on: readonly TopologyKind[],
	run: (scene: Scene) => Promise<void>,
	limitMs = 30_000,
): Definition {
	return { name, on, run, limitMs };
}
