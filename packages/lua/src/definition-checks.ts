import { InvalidArgumentError } from "@rk/client";
import { text } from "./codecs.ts";
import type { ErrorsByCode } from "./explain.ts";

/** @throws {InvalidArgumentError} no source, one that would not arrive as it is, or an include that is none */
export function checkSources(lua: string, includes: Readonly<Record<string, string>>): void {
	if (typeof lua !== "string" || lua === "")
		throw new InvalidArgumentError("lua", lua, "the source of a script");
	if (lua.startsWith("#!"))
		throw new InvalidArgumentError("lua", lua, "without a #! line: the definition makes it");
	text.encode("lua", lua);
	checkObject("includes", includes);
	for (const [include, source] of Object.entries(includes)) text.encode(`includes.${include}`, source);
}

/** @throws {InvalidArgumentError} something that is to be called and cannot be */
export function checkHooks(
	check: unknown,
	errors: ErrorsByCode,
	native: readonly { readonly needs: string; readonly command: unknown }[],
): void {
	if (check !== undefined && typeof check !== "function")
		throw new InvalidArgumentError("check", check, "a function");
	checkObject("errors", errors);
	for (const [code, meaning] of Object.entries(errors)) {
		if (typeof meaning !== "function")
			throw new InvalidArgumentError(`errors.${code}`, meaning, "a function");
	}
	if (!Array.isArray(native)) throw new InvalidArgumentError("native", native, "an array");
	for (const [i, each] of native.entries()) {
		if (typeof each?.needs === "string" && typeof each.command === "function") continue;
		throw new InvalidArgumentError(`native[${i}]`, each, "an object of needs and command");
	}
}

function checkObject(argument: string, value: unknown): void {
	if (typeof value !== "object" || value === null)
		throw new InvalidArgumentError(argument, value, "an object");
}
