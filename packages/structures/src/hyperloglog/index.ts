export type { Day, DayRange } from "../days.ts";
export type { HyperLogLogElement } from "./add-elements.ts";
export { createHyperLogLog, type HyperLogLog, type HyperLogLogOptions } from "./create-hyperloglog.ts";
export {
	createUniqueVisitors,
	type DayCount,
	type UniqueVisitors,
	type UniqueVisitorsOptions,
	type VisitOptions,
} from "./create-unique-visitors.ts";
export { InvalidHyperLogLogError } from "./errors.ts";
