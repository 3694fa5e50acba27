import { InvalidArgumentError, isText, makeKey } from "@rk/client";
import type { Subject } from "./limiter.ts";

/**
 * The keys of a limiter's subjects: `rl:{user%3A42}:api`, in the slot of the subject's first part.
 *
 * @throws {InvalidArgumentError} when called: no subject, or a part that is empty or no well-formed text
 */
export function subjectKeys(prefix: string, name: string): (subject: Subject) => string {
	const head = `${makeKey(prefix)}:{`;
	const tail = `}:${makeKey(name)}`;
	return (subject) => {
		if (isPart(subject)) return head + makeKey(subject) + tail;
		const [tag, ...rest] = Array.isArray(subject) ? subject : [];
		if (isPart(tag) && rest.every(isPart)) return `${head}${makeKey(tag)}}:${makeKey(name, ...rest)}`;
		throw new InvalidArgumentError(
			"subject",
			subject,
			"well-formed text that is not empty, or a list of such texts",
		);
	};
}

function isPart(part: unknown): part is string {
	return isText(part) && part !== "";
}
