import { type Growing, whole } from "./arguments.ts";

/*
 * A cursor means something only to the node that gave it, so a replica must not answer in its stead: the builders of SCAN,
 * HSCAN, SSCAN and ZSCAN are not read-only, although the commands are.
 */

export interface ScanPageOptions {
	/** A glob-style pattern. @default everything */
	readonly match?: string;
	/** What the server looks at per page, about. @default 10 */
	readonly count?: number;
}

export function addScanOptions(args: Growing, options: ScanPageOptions | undefined): Growing {
	if (options?.match !== undefined) args.push("MATCH", options.match);
	if (options?.count !== undefined) args.push("COUNT", whole("count", options.count, 1));
	return args;
}
