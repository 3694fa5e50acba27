import { checkInteger, makeKey } from "@rk/client";
import { checkText } from "../text.ts";

/** Whole numbers up to this, either way, are exact in JavaScript and in Lua. */
export const MOST: number = Number.MAX_SAFE_INTEGER;

/** @throws {InvalidArgumentError} not a whole number between the two */
export function checkExact(argument: string, value: unknown, min: number = -MOST, max: number = MOST): void {
	checkInteger(argument, value, min, max);
}

/** The number that a counter's text is; `undefined`: it is none that is exact. */
export function exact(text: string): number | undefined {
	const number = Number(text);
	return /^(0|-?[1-9]\d*)$/.test(text) && Number.isSafeInteger(number) ? number : undefined;
}

/** The name is percent-encoded. @throws {InvalidArgumentError} no name */
export function keyOf(kind: string, name: string): string {
	checkText("name", name);
	return makeKey(kind, name);
}
