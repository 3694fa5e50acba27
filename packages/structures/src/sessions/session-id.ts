import { createHash, randomBytes } from "node:crypto";
import { InvalidArgumentError, isText, makeKey } from "@rk/client";

/** Characters that 128 bits take in base 64. */
const FEWEST = 22;

/** 256 random bits, as 43 characters that a cookie takes. */
export function randomId(): string {
	return randomBytes(32).toString("base64url");
}

/** @throws {InvalidArgumentError} it is too short to have 128 random bits */
export function checkNewId(argument: string, id: unknown): void {
	if (isText(id) && id.length >= FEWEST) return;
	// The id itself is a secret, which no error may carry.
	const given = typeof id === "string" ? `text of ${id.length} characters` : typeof id;
	throw new InvalidArgumentError(argument, given, `well-formed text of ${FEWEST} characters or more`);
}

/** @throws {InvalidArgumentError} no text, or text that UTF-8 cannot tell from another */
export function checkId(id: unknown): void {
	if (!isText(id)) throw new InvalidArgumentError("id", typeof id, "well-formed text");
}

/** What Redis has of an id: its SHA-256. Whoever reads keys, logs or backups cannot come in with it. */
export function handleOf(id: string): string {
	return createHash("sha256").update(id).digest("base64url");
}

export interface Keys {
	/** Where a session is. */
	session(handle: string): string;
	/** Where a user's index is. */
	user(userId: string): string;
}

export function keysFor(prefix: string): Keys {
	return {
		session: (handle) => `${prefix}:{${handle}}`,
		user: (userId) => `${prefix}:user:{${makeKey(userId)}}`,
	};
}
