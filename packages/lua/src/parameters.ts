import { type Arg, InvalidArgumentError } from "@rk/client";
import type { ArgCodecs } from "./arg-types.ts";
import { type Codec, checkCodec } from "./codec.ts";
import { exactArg } from "./codecs.ts";

/** Values of a call by name, as they come, before anything is known of them. */
export type Values = Readonly<Record<string, unknown>>;

/** How `values` go to the server, in the order of the script's `KEYS` or `ARGV`. */
export interface Parameters {
	/** How many there are; infinite where the last is a list. */
	readonly count: number;
	readonly names: readonly string[];
	inOrder(values: Values): Arg[];
}

/** @throws {InvalidArgumentError} a name that is none, comes twice, or is a list and not the last */
export function keyParameters(keys: readonly string[]): Parameters {
	if (!Array.isArray(keys)) throw new InvalidArgumentError("keys", keys, "an array of names");
	const key: Codec<Arg, unknown> = { encoding: "utf8", encode: exactArg, decode: (reply) => reply };
	return parameters(
		"keys",
		keys.map((name) => {
			const isList = typeof name === "string" && name.startsWith("...");
			return { name: isList ? name.slice(3) : name, codec: key, isList };
		}),
	);
}

/** @throws {InvalidArgumentError} a name that is none, something that is no codec, or a list that is not the last */
export function argParameters(args: ArgCodecs): Parameters {
	if (typeof args !== "object" || args === null) {
		throw new InvalidArgumentError("args", args, "an object of codecs");
	}
	return parameters(
		"args",
		Object.entries(args).map(([name, given]) => {
			const isList = typeof given === "object" && given !== null && "item" in given;
			const codec = isList ? given.item : given;
			checkCodec(`args.${name}`, codec);
			return { name, codec, isList };
		}),
	);
}

interface Parameter {
	readonly name: string;
	readonly codec: Codec<unknown, unknown>;
	readonly isList: boolean;
}

function parameters(of: "keys" | "args", all: readonly Parameter[]): Parameters {
	const names = all.map(({ name }) => name);
	for (const [i, { name, isList }] of all.entries()) {
		checkIdentifier(`${of}[${i}]`, name);
		if (names.indexOf(name) !== i) throw new InvalidArgumentError(`${of}[${i}]`, name, "named once");
		if (isList && i < all.length - 1)
			throw new InvalidArgumentError(`${of}.${name}`, name, "the last one, as a list");
	}
	const steps = all.map(({ name, codec, isList }) => ({ name, path: `${of}.${name}`, codec, isList }));
	const inOrder = (values: Values): Arg[] => {
		const wire: Arg[] = [];
		for (const { name, path, codec, isList } of steps) {
			const value = values[name];
			if (!isList) wire.push(codec.encode(path, value));
			else if (Array.isArray(value)) for (const item of value) wire.push(codec.encode(path, item));
			else throw new InvalidArgumentError(path, value, "an array");
		}
		return wire;
	};
	return { names, inOrder, count: all.some(({ isList }) => isList) ? Number.POSITIVE_INFINITY : all.length };
}

/** Names that may stand in messages and file names; an object keeps no other order of names such as "2". */
export function checkIdentifier(argument: string, value: unknown): void {
	if (typeof value === "string" && /^[A-Za-z_]\w*$/.test(value)) return;
	throw new InvalidArgumentError(
		argument,
		value,
		"a name of letters, digits and _, which begins with no digit",
	);
}
