import { type Command, InvalidArgumentError, isText, pfadd, type RedisPort } from "@rk/client";
import { explained } from "./errors.ts";
import { addScript } from "./scripts.ts";

/** What is counted: text or bytes, not empty. */
export type HyperLogLogElement = string | Buffer;

/** When a key that has no time to live shall end; `undefined`: never. */
export type End = readonly ["PEXPIRE" | "PEXPIREAT", ms: number] | undefined;

/** One command of more would hold up other clients. */
const AT_ONCE = 1_000;

/** @throws {InvalidArgumentError} one is missing, or empty, as the id of a user who is not logged in may be */
export function checkElements(argument: string, elements: readonly unknown[]): void {
	for (const [i, element] of elements.entries()) {
		const fits = isText(element) || Buffer.isBuffer(element);
		if (!fits || element.length === 0)
			throw new InvalidArgumentError(`${argument}[${i}]`, element, "well-formed text or a Buffer, not empty");
	}
}

/** `true`: the estimate may have changed. Of no elements, nothing is sent, and the key is not made. */
export async function addElements(
	redis: RedisPort,
	key: string,
	elements: readonly HyperLogLogElement[],
	end: End,
): Promise<boolean> {
	const commands: Array<Command<boolean>> = [];
	for (let from = 0; from < elements.length; from += AT_ONCE) {
		const part = elements.slice(from, from + AT_ONCE);
		commands.push(end === undefined ? pfadd(key, part) : addScript([key], [end[0], String(end[1]), ...part]));
	}
	const [only] = commands;
	if (only === undefined) return false;
	const results = await (commands.length === 1
		? redis.command(only).then(
				(changed) => [changed],
				(error: unknown) => [error],
			)
		: redis.batch(commands));
	const failed = results.find((result) => result instanceof Error);
	if (failed !== undefined) throw explained(failed, [key]);
	return results.includes(true);
}
