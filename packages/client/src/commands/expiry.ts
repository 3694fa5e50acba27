import { InvalidArgumentError } from "../errors.ts";
import { type Growing, keyword, whole } from "./arguments.ts";

/** When a key shall be gone: at most one of the two. */
export interface Expiry {
	/** In so many milliseconds, 1 or more. */
	readonly ttlMs?: number;
	/** At this Unix time in milliseconds. In the past: at once. */
	readonly expireAtMs?: number;
}

/** Puts the expiry that `expiry` asks for behind `args`; says whether there is one. */
export function addExpiry(args: Growing, { ttlMs, expireAtMs }: Expiry): boolean {
	if (ttlMs !== undefined) {
		if (expireAtMs !== undefined)
			throw new InvalidArgumentError("expireAtMs", expireAtMs, "left out when ttlMs is given");
		args.push("PX", whole("ttlMs", ttlMs, 1));
		return true;
	}
	if (expireAtMs === undefined) return false;
	args.push("PXAT", whole("expireAtMs", expireAtMs, 1));
	return true;
}

export interface ExpireOptions {
	/** What has no TTL counts as living for ever. @default always */
	readonly onlyIf?: "no-ttl" | "has-ttl" | "longer" | "shorter";
}

const CONDITIONS = { "no-ttl": "NX", "has-ttl": "XX", longer: "GT", shorter: "LT" } as const;

export function addExpireIf(args: Growing, options: ExpireOptions | undefined): Growing {
	if (options?.onlyIf !== undefined) args.push(keyword("onlyIf", options.onlyIf, CONDITIONS));
	return args;
}
