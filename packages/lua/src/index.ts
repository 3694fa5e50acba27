export type { ArgCodecs, ArgsOf, KeysOf, ParamsOf } from "./arg-types.ts";
export * from "./builtins/index.ts";
export { type Codec, type ListCodec, list, type OptionalCodec, optional } from "./codec.ts";
export { bool, bytes, json, text } from "./codecs.ts";
export {
	createScripts,
	type ScriptMethod,
	type ScriptSet,
	type Scripts,
	type ScriptsByName,
} from "./create-scripts.ts";
export {
	type AnyScript,
	defineScript,
	type NativeCommand,
	type ReplyReader,
	type Script,
	type ScriptDefinition,
} from "./define-script.ts";
export type { LuaDiagnostics } from "./diagnostics.ts";
export * from "./errors.ts";
export type { ErrorReply, ErrorsByCode } from "./explain.ts";
export { float, int, intFrom } from "./number-codecs.ts";
export { sameSlot, tagged } from "./tagged.ts";
