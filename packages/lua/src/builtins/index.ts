export { compareAndDelete } from "./compare-and-delete.ts";
export { compareAndSet } from "./compare-and-set.ts";
export { getAndExpire } from "./get-and-expire.ts";
export { incrWithCap } from "./incr-with-cap.ts";
export { multiSet } from "./multi-set.ts";
export { setIfGreater } from "./set-if-greater.ts";
export { type Transfer, type Transferred, transfer } from "./transfer.ts";
