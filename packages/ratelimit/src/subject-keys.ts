import { InvalidArgumentError, makeKey } from "@rk/client";
import type { Subject } from "./limiter.ts";

/**
 * The keys of a limiter's subjects: `rl:{user%3A42}:api`, in the slot of the subject's first part.
 *
 * @throws {InvalidArgumentError} when called: no subject, or an empty part
 */
export function subjectKeys(prefix: string, name: string): (subject: Subject) => string {
	const head = `${makeKey(prefix)}:{`;
	const tail = `}:${makeKey(name)}`;
	return (subject) => {
		if (isText(subject)) return head + makeKey(subject) + tail;
		const [tag, ...rest] = Array.isArray(subject) ? subject : [];
		if (isText(tag) && rest.every(isText)) return `${head}${makeKey(tag)}}:${makeKey(name, ...rest)}`;
		throw new InvalidArgumentError("subject", subject, "text that is not empty, or a list of such texts");
	};
}

function isText(part: unknown): part is string {
	return typeof part === "string" && part !== "";
}
