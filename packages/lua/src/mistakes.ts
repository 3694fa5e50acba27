import { reportAlteredReplies } from "./altered-replies.ts";
import type { Mistake } from "./errors.ts";
import type { SourceLine } from "./includes.ts";
import { isName, isSign, type Token, tokensOf } from "./lua-tokens.ts";
import { reportUndeclaredKeys } from "./undeclared-keys.ts";

/** How many a script declares; a list counts as any number. */
export interface Declared {
	readonly keys: number;
	readonly args: number;
}

/** Takes a mistake, at the token that shows it. */
export type Report = (token: Token, what: string) => void;

/**
 * Mistakes that show in the source alone: a key that is not one of `KEYS`, `KEYS[n]` or `ARGV[n]` beyond what is declared,
 * and replies with a division, a fraction or a nil, which Redis would alter.
 *
 * It reads and does not run: what comes out of a function, a table or a loop is taken for right. What it reports is wrong,
 * unless the Lua means something else by `redis`, `KEYS` or `ARGV`.
 */
export function mistakesIn(lines: readonly SourceLine[], declared: Declared): Mistake[] {
	const tokens = tokensOf(lines.map(({ text }) => text).join("\n"));
	const mistakes: Mistake[] = [];
	const report: Report = (token, what) => {
		const { file = "", line = 0 } = lines[token.line] ?? {};
		mistakes.push({ file, line, what });
	};
	reportIndices(tokens, declared, report);
	reportUndeclaredKeys(tokens, report);
	reportAlteredReplies(tokens, report);
	return mistakes;
}

function reportIndices(tokens: readonly Token[], declared: Declared, report: Report): void {
	tokens.forEach((token, i) => {
		const count = isName(token, "KEYS") ? declared.keys : isName(token, "ARGV") ? declared.args : undefined;
		const index = tokens[i + 2];
		if (count === undefined || !isSign(tokens[i + 1], "[") || index?.kind !== "number") return;
		if (!isSign(tokens[i + 3], "]")) return;
		const n = Number(index.text);
		if (Number.isInteger(n) && n >= 1 && n <= count) return;
		report(token, `${token.text}[${index.text}] is not declared: there are ${count}`);
	});
}
