export { type Counter, type CounterOptions, createCounter } from "./create-counter.ts";
export { createIdGenerator, type IdGenerator, type IdGeneratorOptions } from "./create-id-generator.ts";
export {
	type Bucket,
	createWindowedCounter,
	type WindowedCounter,
	type WindowedCounterOptions,
} from "./create-windowed-counter.ts";
export { CounterOverflowError, InvalidCounterError } from "./errors.ts";
