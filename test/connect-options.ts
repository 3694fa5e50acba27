import {
	InvalidArgumentError,
	resolveConnect,
	resolveConnectCluster,
	resolveConnectSentinel,
} from "@rk/client";
import { SESSION_DEFAULTS } from "../packages/client/src/session-pool.ts";

/** The names of an object's own options, as the refusal of an unknown one lists them. */
function namesFrom(refused: () => unknown): string[] {
	try {
		refused();
	} catch (error) {
		if (error instanceof InvalidArgumentError) return error.allowed.split(" are ")[1]?.split(", ") ?? [];
		throw error;
	}
	throw new Error("An unknown option was taken");
}

/** Every option of `connect`, `connectCluster` and `connectSentinel`. */
export function connectOptionNames(): string[] {
	const unknown = { nosuch: true };
	const names = [
		...namesFrom(() => resolveConnect({ db: 0, ...unknown })),
		...namesFrom(() => resolveConnectCluster({ nodes: ["a"], ...unknown })),
		...namesFrom(() => resolveConnectSentinel({ name: "m", sentinels: ["a"], ...unknown })),
	];
	const sessions = Object.keys(SESSION_DEFAULTS).map((name) => `sessions.${name}`);
	return [...new Set(names.filter((name) => name !== "sessions")), ...sessions];
}

/** What the code takes for an option that is left out, where that is a value. */
export function connectOptionDefaults(): Map<string, string> {
	const { address, db, connectTimeoutMs, port } = resolveConnect();
	const { readFrom } = resolveConnectCluster({ nodes: ["a"] });
	const { commandTimeoutMs } = port;
	const sessions = Object.entries(SESSION_DEFAULTS).map(
		([name, value]) => [`sessions.${name}`, value] as const,
	);
	const defaults = Object.entries({ ...address, db, connectTimeoutMs, commandTimeoutMs, readFrom });
	return new Map([...defaults, ...sessions].map(([name, value]) => [name, String(value)]));
}
