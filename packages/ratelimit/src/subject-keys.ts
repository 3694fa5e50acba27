import { InvalidArgumentError, makeKey } from "@rk/client";
import type { Subject } from "./limiter.ts";

/** Where a subject's use is, and where its block: in one slot, that of the subject's first part. */
export interface SubjectKeys {
	readonly state: string;
	readonly block: string;
}

/**
 * The keys of a limiter's subjects: `rl:{user%3A42}:api` and `rl:block:{user%3A42}:api`.
 *
 * @throws {InvalidArgumentError} when called: no subject, or an empty part
 */
export function subjectKeys(prefix: string, name: string): (subject: Subject) => SubjectKeys {
	const state = makeKey(prefix);
	const block = makeKey(prefix, "block");
	const limiter = makeKey(name);
	const keysOf = (tag: string, tail: string): SubjectKeys => {
		const end = `:{${makeKey(tag)}}:${tail}`;
		return { state: state + end, block: block + end };
	};
	return (subject) => {
		if (isText(subject)) return keysOf(subject, limiter);
		const [tag, ...rest] = Array.isArray(subject) ? subject : [];
		if (isText(tag) && rest.every(isText)) return keysOf(tag, makeKey(name, ...rest));
		throw new InvalidArgumentError("subject", subject, "text that is not empty, or a list of such texts");
	};
}

function isText(part: unknown): part is string {
	return typeof part === "string" && part !== "";
}
