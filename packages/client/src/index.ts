export { onAbort } from "./abort-audience.ts";
export {
	type BatchKeysOptions,
	type BatchSetOptions,
	batchGet,
	batchGetBuffer,
	batchSet,
} from "./batch-keys.ts";
export { checkInteger, checkKnown, checkMs, checkPort, isText } from "./check.ts";
export type { ReadFrom } from "./cluster-routes.ts";
export {
	type Arg,
	type Args,
	type Command,
	type DecodedRawOptions,
	type Encoding,
	type RawOptions,
	type Reply,
	type ResultOf,
	raw,
	type WireReply,
} from "./command.ts";
export * from "./commands/index.ts";
export * from "./connect-options.ts";
export { createPort, type PortOptions } from "./create-port.ts";
export * from "./decode.ts";
export type {
	ClusterDriver,
	Driver,
	Link,
	LinkState,
	OpenOptions,
	OwnLink,
} from "./driver.ts";
export * from "./errors.ts";
export { type Attempt, type Destination, establish } from "./establish.ts";
export { type HashTag, hashTag, type KeyPart, makeKey } from "./key.ts";
export * from "./port.ts";
export { defineScript, type Script, type ScriptCall, type ScriptDefinition } from "./script.ts";
export type { SessionPoolOptions } from "./session-pool.ts";
export { keyInSlot, sharedSlot, slotOf } from "./slot.ts";
export { type TransactOptions, transact } from "./transact.ts";
