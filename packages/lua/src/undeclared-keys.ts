import { type Arg, raw } from "@rk/client";
import { isName, isSign, type Token } from "./lua-tokens.ts";
import type { Report } from "./mistakes.ts";

/** The arguments of a call, from its opening parenthesis, a list of tokens each; `undefined` where it has no end. */
function argumentsOf(tokens: readonly Token[], open: number): Token[][] | undefined {
	const parts: Token[][] = [[]];
	let depth = 0;
	for (const token of tokens.slice(open + 1)) {
		if (token.kind === "sign") {
			if (/^[([{]$/.test(token.text)) depth += 1;
			if (/^[)\]}]$/.test(token.text)) {
				if (depth === 0) return parts;
				depth -= 1;
			}
			if (token.text === "," && depth === 0) {
				parts.push([]);
				continue;
			}
		}
		parts.at(-1)?.push(token);
	}
	return undefined;
}

/** Calls of commands with keys that are text, come from `ARGV`, or are put together. */
export function reportUndeclaredKeys(tokens: readonly Token[], report: Report): void {
	const bindings = bindingsIn(tokens);
	tokens.forEach((token, i) => {
		if (!isName(token, "redis") && !isName(token, "server")) return;
		const call = tokens[i + 2];
		if (!isSign(tokens[i + 1], ".") || (!isName(call, "call") && !isName(call, "pcall"))) return;
		if (!isSign(tokens[i + 3], "(")) return;
		const [command, ...args] = argumentsOf(tokens, i + 3) ?? [];
		const [name, ...more] = command ?? [];
		if (name?.kind !== "string" || name.text === "" || more.length > 0) return;
		for (const key of keysAmong(name.text, args)) {
			if (isUndeclared(key, bindings)) {
				report(name, `${name.text} uses a key that is not one of KEYS: ${shown(key)}`);
			}
		}
	});
}

/** Which of the arguments are keys, by the client's own table of commands. */
function keysAmong(name: string, args: readonly Token[][]): Token[][] {
	// A literal stands for itself, so that a count of keys or a word such as STREAMS is understood; all else for its place.
	const texts = args.map((arg, i) => {
		const [only, ...more] = arg;
		return more.length === 0 && only !== undefined && only.kind !== "name" ? only.text : `\0${i}`;
	});
	// Bytes, to know each argument from an equal one.
	const wire = texts.map((text) => Buffer.from(text));
	const { key, keys } = raw([name, ...wire]);
	const found: readonly (Arg | undefined)[] = keys ?? [key];
	return args.filter((arg, i) => arg.length > 0 && found.includes(wire[i]));
}

/** An expression as it might have been written. */
function shown(tokens: readonly Token[]): string {
	return tokens.map(({ kind, text }) => (kind === "string" ? JSON.stringify(text) : text)).join("");
}

/** What each name was ever given; nothing known (no tokens) where it is a parameter, of a loop or one of several. */
function bindingsIn(tokens: readonly Token[]): ReadonlyMap<string, readonly (readonly Token[])[]> {
	const bindings = new Map<string, Token[][]>();
	const add = (name: string, value: Token[]): void => {
		bindings.set(name, [...(bindings.get(name) ?? []), value]);
	};
	/** Inside `function name(…)` or `for …`, up to what ends it. */
	let until: RegExp | undefined;
	tokens.forEach((token, i) => {
		if (isName(token, "function")) until = /^\)$/;
		else if (isName(token, "for")) until = /^(=|in)$/;
		else if (until?.test(token.text) === true && token.kind !== "string") until = undefined;
		else if (token.kind === "name" && until !== undefined) add(token.text, []);
		const [before, after] = [tokens[i - 1], tokens[i + 1]];
		if (token.kind !== "name" || !isSign(after, "=") || isSign(before, ".") || isSign(before, "{")) return;
		add(token.text, isSign(before, ",") || until !== undefined ? [] : valueAt(tokens, i + 2, token.line));
	});
	return bindings;
}

/** Up to the next statement, or the end of the line: of a value that goes on there this cannot judge, and takes it for a call. */
function valueAt(tokens: readonly Token[], start: number, line: number): Token[] {
	const value: Token[] = [];
	for (const token of tokens.slice(start)) {
		const last = value.at(-1);
		if (token.line !== line || isSign(token, ";")) break;
		// A name behind a whole operand, with nothing to join them, begins a statement.
		if (token.kind === "name" && !OPERATOR.test(token.text) && last !== undefined && endsOperand(last)) break;
		value.push(token);
	}
	return value;
}

const OPERATOR = /^(and|or|not)$/;

const endsOperand = ({ kind, text }: Token): boolean =>
	kind === "sign" ? /^[)\]}]$/.test(text) : kind !== "name" || !OPERATOR.test(text);

function isUndeclared(
	key: readonly Token[],
	bindings: ReadonlyMap<string, readonly (readonly Token[])[]>,
): boolean {
	const [first, ...rest] = key;
	if (first?.kind === "name" && rest.length === 0) {
		const values = bindings.get(first.text) ?? [];
		return values.length > 0 && values.every((value) => value.length > 0 && isMade(value));
	}
	return isMade(key);
}

/** Put together of text, or taken from the arguments: certainly not one of KEYS as it was given. */
function isMade(value: readonly Token[]): boolean {
	const [first, ...rest] = value;
	if (first?.kind === "string" || first?.kind === "number") return rest.length === 0 || isSign(rest[0], "..");
	// A function may give anything, and `a or b` may be either.
	if (value.some((token) => isSign(token, "(") || isName(token, "or") || isName(token, "and"))) return false;
	return isName(first, "ARGV") || isJoined(value);
}

/** Put together by `..`; not something that is looked up by such a name. */
function isJoined(value: readonly Token[]): boolean {
	let depth = 0;
	for (const token of value) {
		if (isSign(token, "[") || isSign(token, "{")) depth += 1;
		if (isSign(token, "]") || isSign(token, "}")) depth -= 1;
		if (depth === 0 && isSign(token, "..")) return true;
	}
	return false;
}
