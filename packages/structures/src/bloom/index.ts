export type { BloomFilter, BloomInfo, BloomItem } from "./bloom-filter.ts";
export { createBloomFilter } from "./create-bloom-filter.ts";
export { BloomBackendError, BloomConfigError, BloomFullError, BloomLostError } from "./errors.ts";
export type { BloomBackend, BloomFilterOptions } from "./options.ts";
