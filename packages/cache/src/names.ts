import { InvalidArgumentError, isText } from "@rk/client";

/** The names in Redis of a cache's things. No two of them are ever the same: a namespace has neither brace nor colon. */
export class Names {
	readonly #begin: string;
	readonly #tags: string;
	/** The token that all values of the namespace depend on. */
	readonly namespaceToken: string;
	readonly bus: string;

	constructor(namespace: string) {
		this.#begin = `{${namespace}:`;
		this.#tags = `{${namespace}}:t:`;
		this.namespaceToken = `{${namespace}}:n`;
		this.bus = `{${namespace}}:bus`;
	}

	/** A brace in the key only makes the hash tag shorter, and that of its lease in the same way. */
	value(key: string): string {
		return `${this.#begin}${key}}`;
	}

	lease(key: string): string {
		return `${this.#begin}${key}}:l`;
	}

	/** Tokens of tags live in one slot, so that one command reads several. */
	tag(tag: string): string {
		return this.#tags + tag;
	}
}

/** @throws {InvalidArgumentError} no text, or text that UTF-8 cannot tell from another */
export function checkText(argument: string, value: unknown): void {
	if (!isText(value)) throw new InvalidArgumentError(argument, value, "well-formed text");
}

/** @throws {InvalidArgumentError} */
export function checkTexts(argument: string, values: readonly unknown[]): void {
	if (!Array.isArray(values)) throw new InvalidArgumentError(argument, values, "an array of texts");
	// A hundred thousand keys are no rare thing: their places are only named where one of them is wrong.
	for (let i = 0; i < values.length; i++) if (!isText(values[i])) checkText(`${argument}[${i}]`, values[i]);
}

export function areSameTexts(some: readonly string[], others: readonly string[]): boolean {
	if (some.length !== others.length) return false;
	for (let i = 0; i < some.length; i++) if (some[i] !== others[i]) return false;
	return true;
}
