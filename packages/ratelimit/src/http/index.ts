export type { Charge } from "./charge.ts";
export { type FetchGuard, fetchGuard } from "./fetch.ts";
export type { Field, FieldStyle } from "./fields.ts";
export { type Admission, type Admitted, createGate, type Gate, type Refused } from "./gate.ts";
export { type IpKeyOptions, ipKey } from "./ip-key.ts";
export type { KeyOf, Limits } from "./limits.ts";
export type { GateOptions } from "./options.ts";
export type { Problem } from "./problem.ts";
