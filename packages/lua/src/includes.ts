import { IncludeError } from "./errors.ts";

/** A line of source, and where it was written. */
export interface SourceLine {
	readonly text: string;
	readonly file: string;
	/** From 1. */
	readonly line: number;
}

const INCLUDE = /^\s*---\s*@include\s+"([^"]+)"\s*$/;
/** Meant as one, and by Lua taken for a comment. */
const MALFORMED = /^\s*---\s*@include\b\s*(.*?)\s*$/;

/**
 * Puts each included text in the place of its `--- @include "name"`. What several of them include comes once, in the first
 * place, as its locals are then known to all that follows.
 *
 * @throws {IncludeError} a name that is not in `includes`, one that includes itself, or one named twice in one file; a line
 * that has something else than one name in quotes
 */
export function expandIncludes(
	script: string,
	lua: string,
	includes: Readonly<Record<string, string>>,
): SourceLine[] {
	const lines: SourceLine[] = [];
	const done = new Set<string>();

	const expand = (file: string, source: string, within: readonly string[]): void => {
		const named = new Set<string>();
		for (const [i, text] of source.split(/\r\n|\n/).entries()) {
			const name = INCLUDE.exec(text)?.[1];
			const line = i + 1;
			if (name === undefined) {
				const meant = MALFORMED.exec(text)?.[1];
				if (meant !== undefined) throw new IncludeError("malformed", script, file, line, meant);
				lines.push({ text, file, line });
				continue;
			}
			const included = Object.hasOwn(includes, name) ? includes[name] : undefined;
			if (included === undefined) throw new IncludeError("missing", script, file, line, name);
			if (within.includes(name)) throw new IncludeError("cycle", script, file, line, name);
			if (named.has(name)) throw new IncludeError("duplicate", script, file, line, name);
			named.add(name);
			if (done.has(name)) continue;
			expand(name, included, [...within, name]);
			done.add(name);
		}
	};
	expand(`${script}.lua`, lua, []);
	return lines;
}
