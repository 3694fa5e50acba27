import { isName, isSign, type Token } from "./lua-tokens.ts";
import type { Report } from "./mistakes.ts";

const OPENS = new Set(["function", "do", "then", "repeat"]);
const ENDS_RETURN = new Set(["end", "else", "elseif", "until"]);

/** Looks at what the script itself returns, not at what its functions do. */
export function reportAlteredReplies(tokens: readonly Token[], report: Report): void {
	const blocks: string[] = [];
	tokens.forEach((token, i) => {
		if (token.kind !== "name") return;
		if (OPENS.has(token.text)) blocks.push(token.text);
		// `elseif … then` and `else` go on in the block that `then` opened.
		if (token.text === "end" || token.text === "until" || token.text === "elseif") blocks.pop();
		if (token.text === "return" && !blocks.includes("function")) reportReply(tokens, i + 1, report);
	});
}

function reportReply(tokens: readonly Token[], start: number, report: Report): void {
	for (const { tokens: item, followed } of itemsOf(tokens, start)) {
		const [first, ...rest] = item;
		const number = isSign(first, "-") ? rest[0] : first;
		if (number?.kind === "number" && item.at(-1) === number && !Number.isInteger(Number(number.text))) {
			report(
				number,
				`replies with ${number.text}, of which only the whole part would arrive; reply with text`,
			);
		}
		const slash = item.find((token) => isSign(token, "/"));
		if (slash !== undefined && !item.some((token) => token.kind === "sign" && NO_NUMBER.test(token.text))) {
			report(
				slash,
				"replies with a quotient, of which only the whole part would arrive; use math.floor, or text",
			);
		}
		if (first !== undefined && isName(first, "nil") && rest.length === 0 && followed) {
			report(first, "replies with a nil in a list, which would end there; use false");
		}
	}
}

/** With one of these it is a comparison, text, a named field, or the idiom for whole quotients, `(a - a % b) / b`. */
const NO_NUMBER = /^([<>=]|[<>=~]=|\.\.|%)$/;

interface Item {
	readonly tokens: Token[];
	/** Another comes behind it in its list. */
	readonly followed: boolean;
}

/** What a `return` gives back: itself, or the items of its lists. What is in a call or an index is left out. */
function itemsOf(tokens: readonly Token[], start: number): Item[] {
	const items: Item[] = [];
	let item: Token[] = [];
	const brackets: Array<"outside" | "list" | "group"> = [];
	for (let i = start; i < tokens.length; i++) {
		const token = tokens[i];
		if (token === undefined || isSign(token, ";")) break;
		if (token.kind === "name" && (ENDS_RETURN.has(token.text) || token.text === "function")) break;
		const outside = brackets.includes("outside");
		if (token.kind === "sign" && /^[([{]$/.test(token.text)) {
			const called = isCallee(tokens[i - 1]);
			brackets.push(called ? "outside" : token.text === "{" ? "list" : "group");
		} else if (token.kind === "sign" && /^[)\]}]$/.test(token.text)) {
			if (brackets.pop() === "list" && !outside) {
				items.push({ tokens: item, followed: false });
				item = [];
			}
		} else if (isSign(token, ",") && !outside) {
			items.push({ tokens: item, followed: brackets.at(-1) === "list" });
			item = [];
		} else if (!outside) {
			item.push(token);
		}
	}
	items.push({ tokens: item, followed: false });
	return items;
}

function isCallee(token: Token | undefined): boolean {
	if (token === undefined) return false;
	if (token.kind === "name") return !/^(return|and|or|not)$/.test(token.text);
	return token.kind === "string" || isSign(token, ")") || isSign(token, "]");
}
