import { isText } from "@rk/client";

/** Braces only around one hash tag: anything else would leave a key's siblings no way into its slot. */
export function isKeyName(name: unknown): name is string {
	return isText(name) && /^[^{}]*(\{[^{}]+\}[^{}]*)?$/.test(name);
}

/** A key in the slot of another one, named after it: `{key}:what`. Of different keys they are different. */
export function siblingOf(key: string, what: string): string {
	const tag = /\{([^{}]+)\}/.exec(key)?.[1];
	return tag === undefined ? `{${key}}:${what}` : `{${tag}}:${key}:${what}`;
}
