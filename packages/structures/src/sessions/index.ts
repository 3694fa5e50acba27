export type { SessionCodec } from "./codec.ts";
export { createSessions } from "./create-sessions.ts";
export { SessionConflictError, SessionCorruptError, SessionGoneError } from "./errors.ts";
export type { ReusedId, SessionsOptions } from "./options.ts";
export type {
	CreateSessionOptions,
	ListedSession,
	NewSession,
	Session,
	WriteSessionOptions,
} from "./session.ts";
export type { GetSessionOptions, Sessions, UpdateSessionOptions } from "./sessions.ts";
