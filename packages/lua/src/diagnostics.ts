import { channel } from "node:diagnostics_channel";
import type { CommandError } from "@rk/client";

/** What the channel `rk:lua` tells. */
export interface LuaDiagnostics {
	/** `preload()`, or what it does after a reconnect, has been to every master. */
	readonly type: "preloaded";
	/** How many scripts. */
	readonly scripts: number;
	/** The masters, and why some did not take them. */
	readonly nodes: readonly string[];
	readonly failed: ReadonlyMap<string, CommandError>;
}

const lua = channel("rk:lua");

export function publish(event: LuaDiagnostics): void {
	if (lua.hasSubscribers) lua.publish(event);
}
