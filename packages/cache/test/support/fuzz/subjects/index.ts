import type { OpenSubject } from "./subject.ts";

export type SubjectName =
	| "async-cache-dedupe"
	| "bentocache"
	| "cache-manager"
	| "cacheable"
	| "layered-loader"
	| "rk";

/** Every library that can be put under test; each is loaded when it is asked for. */
export const SUBJECTS: Readonly<Record<SubjectName, () => Promise<OpenSubject>>> = {
	"async-cache-dedupe": async () => (await import("./async-cache-dedupe.ts")).open,
	bentocache: async () => (await import("./bentocache.ts")).open,
	"cache-manager": async () => (await import("./cache-manager.ts")).open,
	cacheable: async () => (await import("./cacheable.ts")).open,
	"layered-loader": async () => (await import("./layered-loader.ts")).open,
	rk: async () => (await import("./rk.ts")).open,
};
