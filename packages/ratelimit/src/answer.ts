import { UnexpectedReplyError, type WireReply } from "@rk/client";

/**
 * What the Lua replied about a limit: the server's time in microseconds since 1970, the units charged (for a peek, those that
 * could be), and what its kind adds; or, when it is blocked, the time, -1, the microseconds left and the reason.
 */
export type Answer = readonly WireReply[];

const isList: (reply: WireReply) => reply is Answer = Array.isArray;

/** Reads the reply about one limit. */
export function answer(reply: WireReply): Answer {
	if (isList(reply)) return reply;
	throw new UnexpectedReplyError("a list", reply);
}

/** Reads the reply about several limits; that about one comes bare. */
export function answers(reply: WireReply): readonly Answer[] {
	const list = answer(reply);
	return list.every(isList) ? list : [list];
}

export function isBlocked(answer: Answer): boolean {
	return answer[1] === -1;
}

/** @throws {UnexpectedReplyError} */
export function numberAt(answer: Answer, i: number): number {
	const value = answer[i];
	if (typeof value === "number") return value;
	throw new UnexpectedReplyError(`a number at ${i}`, answer);
}

/** @throws {UnexpectedReplyError} */
export function textAt(answer: Answer, i: number): string {
	const value = answer[i];
	if (typeof value === "string") return value;
	throw new UnexpectedReplyError(`text at ${i}`, answer);
}
