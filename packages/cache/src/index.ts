export type {
	Cache,
	LoadContext,
	Loader,
	LoadManyContext,
	LoadManyOptions,
	LoadOptions,
	ManyLoaded,
	ManyLoader,
	SetOptions,
} from "./cache.ts";
export { type Codec, json } from "./codec.ts";
export { createCache } from "./create-cache.ts";
export type { Defined, Definition } from "./define.ts";
export * from "./errors.ts";
export type { CacheEvent, CacheListener, SkipReason } from "./events.ts";
export type { CacheOptions, L1Options } from "./options.ts";
export type { PolicyOptions } from "./policy.ts";
export type { CacheStats } from "./stats.ts";
