/** A word, name, number or sign of Lua, or a string with its quotes left off. Comments are none. */
export interface Token {
	readonly kind: "name" | "number" | "string" | "sign";
	readonly text: string;
	/** From 0. */
	readonly line: number;
}

/** One alternative each; a long bracket's level is that of its own end. */
const PIECES = new RegExp(
	[
		/--\[(?<c>=*)\[.*?\]\k<c>\]|--[^\n]*/.source,
		/\[(?<s>=*)\[(?<long>.*?)\]\k<s>\]/.source,
		/"(?<double>(?:[^"\\\n]|\\.)*)"|'(?<single>(?:[^'\\\n]|\\.)*)'/.source,
		/(?<name>[A-Za-z_]\w*)/.source,
		/(?<number>0[xX][\da-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)/.source,
		/(?<sign>\.\.\.|\.\.|[=~<>]=|\S)/.source,
		/\n/.source,
	].join("|"),
	"gs",
);

/** The tokens of a chunk of Lua 5.1; of what is none, whatever comes next to it. */
export function tokensOf(source: string): Token[] {
	const tokens: Token[] = [];
	let line = 0;
	for (const match of source.matchAll(PIECES)) {
		const { name, number, sign, long, double, single } = match.groups ?? {};
		const string = long ?? double ?? single;
		if (string !== undefined) tokens.push({ kind: "string", text: string, line });
		else if (name !== undefined) tokens.push({ kind: "name", text: name, line });
		else if (number !== undefined) tokens.push({ kind: "number", text: number, line });
		else if (sign !== undefined) tokens.push({ kind: "sign", text: sign, line });
		line += match[0].split("\n").length - 1;
	}
	return tokens;
}

export const isSign = (token: Token | undefined, text: string): boolean =>
	token?.kind === "sign" && token.text === text;

export const isName = (token: Token | undefined, text: string): boolean =>
	token?.kind === "name" && token.text === text;
