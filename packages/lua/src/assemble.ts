import guard from "./guard.lua";
import { expandIncludes, type SourceLine } from "./includes.ts";

/** A script as the server gets it, and where each of its lines was written. */
export interface Assembled {
	readonly source: string;
	/** Its own lines, without what was put around them. */
	readonly lines: readonly SourceLine[];
	/** Where line `n` of the source, from 1, was written: of a line that was put around it, the nearest. */
	origin(n: number): SourceLine;
}

export interface AssembleOptions {
	readonly script: string;
	readonly lua: string;
	readonly includes: Readonly<Record<string, string>>;
	/** Of the `#!lua` line: what the server lets the script do. */
	readonly flags: readonly string[];
	/** The server compares the reply with what would be left of it. */
	readonly guarded: boolean;
}

/** Behind the script: calls it, and looks at what it gives. Short, as it goes along with every source. */
const GUARD: readonly string[] = guard
	.trimEnd()
	.split("\n")
	.map((line) => line.trim());

/**
 * The whole source: a `#!lua` line, by which the server refuses keys of other slots and, with `no-writes`, writes; the
 * script with its includes; and if it is guarded, around it, what looks at its reply.
 */
export function assemble({ script, lua, includes, flags, guarded }: AssembleOptions): Assembled {
	const lines = expandIncludes(script, lua, includes);
	const shebang = flags.length === 0 ? "#!lua" : `#!lua flags=${flags.join(",")}`;
	const before = guarded ? [shebang, "local script = function()"] : [shebang];
	const after = guarded ? ["end", ...GUARD] : [];
	const source = [...before, ...lines.map(({ text }) => text), ...after].join("\n");
	const nearest = (n: number): number => Math.min(Math.max(n - 1 - before.length, 0), lines.length - 1);
	return {
		source,
		lines,
		origin: (n) => lines[nearest(n)] ?? { text: "", file: `${script}.lua`, line: 1 },
	};
}
