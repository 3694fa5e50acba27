export type { Clock } from "./clock.ts";
export { compareFence } from "./compare-fence.ts";
export { createLocks } from "./create-locks.ts";
export * from "./errors.ts";
export type { LockEvent, LockListener } from "./events.ts";
export { type FencedWriteOptions, fencedWrite } from "./fenced-write.ts";
export type { Drift } from "./lease.ts";
export type { Lock, LockJson } from "./lock.ts";
export type { LockInfo } from "./lock-info.ts";
export type { Locks } from "./locks.ts";
export type {
	AcquireOptions,
	HoldOptions,
	LocksOptions,
	TryOptions,
	WithLockOptions,
} from "./options.ts";
export { createRedlock, type Redlock } from "./redlock.ts";
export type {
	RedlockAcquireOptions,
	RedlockOptions,
	RedlockTryOptions,
	RedlockWithLockOptions,
} from "./redlock-options.ts";
export type { NodeVote } from "./redlock-votes.ts";
