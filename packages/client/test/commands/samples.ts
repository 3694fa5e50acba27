import type { Args } from "../../src/command.ts";

/*
 * Calls of any command, made from the server's own COMMAND DOCS: options there or not, repeated ones repeated, numkeys true.
 */

/** A command, `XGROUP|CREATE` if it is a sub-command, with what the server says of it. */
export interface Documented {
	readonly name: string;
	readonly categories: readonly string[];
	readonly parameters: readonly Parameter[];
}

interface Parameter {
	readonly name: string;
	readonly type: string;
	readonly token: string | undefined;
	readonly flags: readonly string[];
	readonly inner: readonly Parameter[];
}

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** A RESP2 reply of names and values in turn. */
function facts(flat: unknown): Map<string, unknown> {
	const items = list(flat);
	return new Map(items.flatMap((name, i) => (i % 2 === 0 ? [[String(name), items[i + 1]] as const] : [])));
}

function parameter(reply: unknown): Parameter {
	const fact = facts(reply);
	const token = fact.get("token");
	return {
		name: String(fact.get("name")),
		type: String(fact.get("type")),
		token: token === undefined ? undefined : String(token),
		flags: list(fact.get("flags")).map(String),
		inner: list(fact.get("arguments")).map(parameter),
	};
}

function categoriesIn(commands: unknown): Array<[string, string[]]> {
	return list(commands).flatMap((command) => {
		const [name, , , , , , categories, , , subcommands] = list(command);
		const own: [string, string[]] = [String(name).toUpperCase(), list(categories).map(String)];
		return [own, ...categoriesIn(subcommands)];
	});
}

/** Reads the replies to `COMMAND DOCS` and `COMMAND`. A command that only holds sub-commands is left out. */
export function documented(docs: unknown, commands: unknown): Documented[] {
	const categories = new Map(categoriesIn(commands));
	return [...facts(docs)].flatMap(([name, doc]) => {
		const fact = facts(doc);
		const subcommands = [...facts(fact.get("subcommands"))];
		return (subcommands.length > 0 ? subcommands : [[name, doc] as const]).map(([own, ownDoc]) => ({
			name: own.toUpperCase(),
			categories: categories.get(own.toUpperCase()) ?? [],
			parameters: list(facts(ownDoc).get("arguments")).map(parameter),
		}));
	});
}

/** Mulberry32: the same samples in every run. */
function randomOf(seed: number): (below: number) => number {
	let state = Math.imul(seed, 0x9e3779b9);
	return (below) => {
		state = (state + 0x6d2b79f5) | 0;
		let t = Math.imul(state ^ (state >>> 15), 1 | state);
		t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
		return ((t ^ (t >>> 14)) >>> 0) % below;
	};
}

/** One call of the command. */
export function sample({ name, parameters }: Documented, seed: number): Args {
	const random = randomOf(seed);
	let counter = 0;
	let declared = 0;
	let repeat = 0;

	const value = ({ name, type }: Parameter): string => {
		if (name === "numkeys") {
			declared = 1 + random(3);
			return String(declared);
		}
		if (type === "key") return `k${++counter}`;
		if (type === "integer" || type === "double") return String(1 + random(9));
		return `${name.replace(/\W/g, "")}${++counter}`;
	};

	/** One occurrence of the parameter, without its token. */
	const once = (parameter: Parameter): string[] => {
		if (parameter.type === "pure-token") return [];
		if (parameter.type === "block") return parameter.inner.flatMap(occurrences);
		if (parameter.type !== "oneof") return [value(parameter)];
		const chosen = parameter.inner[random(parameter.inner.length)];
		return chosen === undefined ? [] : occurrences(chosen);
	};

	function occurrences(parameter: Parameter): string[] {
		if (parameter.flags.includes("optional") && random(2) === 0) return [];
		const token = parameter.token === undefined ? [] : [parameter.token];
		let times = 1;
		if (parameter.flags.includes("multiple")) {
			times = 1 + random(3);
			if (parameter.type === "key" || parameter.inner.some((inner) => inner.type === "key")) {
				if (declared > 0) times = declared;
				repeat = times;
			} else if (repeat > 0 && declared === 0) times = repeat; // XREAD: as many ids as keys
		}
		const each = Array.from({ length: times }, () => once(parameter));
		if (parameter.flags.includes("multiple_token")) return each.flatMap((one) => [...token, ...one]);
		return [...token, ...each.flat()];
	}

	const [command = "", ...subcommand] = name.split("|");
	return [command, ...subcommand, ...parameters.flatMap(occurrences)];
}
