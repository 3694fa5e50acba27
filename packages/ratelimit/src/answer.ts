import { UnexpectedReplyError, type WireReply } from "@rk/client";

/**
 * What the Lua replied about a limit: the server's time, in seconds since 1970 and microseconds; the units charged (for a peek,
 * those that could be), and what its kind adds; or, when it is blocked, the time, -1, when that ends in microseconds and the reason.
 */
export type Answer = readonly WireReply[];

const isList: (reply: WireReply) => reply is Answer = Array.isArray;

/** Reads the reply about one limit: a list, or a text of the same. */
export function answer(reply: WireReply): Answer {
	if (typeof reply === "string") return reply.split(" ");
	if (isList(reply)) return reply;
	throw new UnexpectedReplyError("a text or a list", reply);
}

/** Reads the reply about several limits; that about one comes bare. */
export function answers(reply: WireReply): readonly Answer[] {
	const list = answer(reply);
	return list.every(isList) ? list : [list];
}

/** The server's time, in microseconds since 1970. */
export function timeUs(answer: Answer): number {
	return numberAt(answer, 0) * 1_000_000 + numberAt(answer, 1);
}

export function grantedBy(answer: Answer): number {
	return numberAt(answer, 2);
}

/** When the block ends that stands in the way, in microseconds since 1970. */
export function blockedUntilUs(answer: Answer): number | undefined {
	return answer[2] === -1 ? numberAt(answer, 3) : undefined;
}

/** @throws {UnexpectedReplyError} */
export function numberAt(answer: Answer, i: number): number {
	const value = Number(answer[i]);
	if (!Number.isNaN(value)) return value;
	throw new UnexpectedReplyError(`a number at ${i}`, answer);
}

/** @throws {UnexpectedReplyError} */
export function textAt(answer: Answer, i: number): string {
	const value = answer[i];
	if (typeof value === "string") return value;
	throw new UnexpectedReplyError(`text at ${i}`, answer);
}
