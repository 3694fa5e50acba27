import { type Command, defineScript, integer, type ScriptCall } from "@rk/client";
import type { Algorithm, Operation } from "./algorithm.ts";
import { type Answer, answer, answers } from "./answer.ts";
import clockLua from "./lua/clock.lua";
import decideLua from "./lua/decide.lua";
import fixedWindowLua from "./lua/fixed-window.lua";
import fixedWindowLimitLua from "./lua/fixed-window-limit.lua";
import gcraLua from "./lua/gcra.lua";
import gcraLimitLua from "./lua/gcra-limit.lua";
import kindsLua from "./lua/kinds.lua";
import resetLua from "./lua/reset.lua";
import slidingCounterLua from "./lua/sliding-counter.lua";
import slidingCounterLimitLua from "./lua/sliding-counter-limit.lua";
import slidingLogLua from "./lua/sliding-log.lua";
import slidingLogLimitLua from "./lua/sliding-log-limit.lua";
import slidingLogUnitsLua from "./lua/sliding-log-units.lua";

/** One limit of a decision. */
export interface Question {
	/** Where the subject's use is kept, and its block. */
	readonly key: string;
	readonly units: number;
	readonly limit: Algorithm;
	/** The limiter's own limit, where `limit` is another. */
	readonly own: Algorithm;
}

type Kind = Algorithm["kind"];

/** The Lua of a kind for every operation, over one limit or several. */
const ANY: Record<Kind, readonly string[]> = {
	"fixed-window": [fixedWindowLua],
	gcra: [gcraLua],
	"sliding-counter": [slidingCounterLua],
	"sliding-log": [slidingLogUnitsLua, slidingLogLua],
};

/** What comes before it for `limit` by one limiter. */
const LIMIT: Record<Kind, readonly string[]> = {
	"fixed-window": [fixedWindowLimitLua],
	gcra: [gcraLimitLua],
	"sliding-counter": [slidingCounterLimitLua],
	"sliding-log": [slidingLogUnitsLua, slidingLogLimitLua],
};

/** The script that decides over several limits of these kinds, or by another operation. */
function sourceFor(kinds: readonly Kind[]): string {
	return once([clockLua, kindsLua, ...kinds.flatMap((kind) => ANY[kind]), decideLua]);
}

/** The script of `limit` for one limit of this kind. */
function limitSourceFor(kind: Kind): string {
	return once([clockLua, ...LIMIT[kind], kindsLua, ...ANY[kind], decideLua]);
}

function once(files: readonly string[]): string {
	return [...new Set(files)].join("\n");
}

const scriptOf = (lua: string): ScriptCall<Answer> => defineScript({ lua, keys: 1, reply: answer });

const limitScripts: Record<Kind, ScriptCall<Answer>> = {
	"fixed-window": scriptOf(limitSourceFor("fixed-window")),
	gcra: scriptOf(limitSourceFor("gcra")),
	"sliding-counter": scriptOf(limitSourceFor("sliding-counter")),
	"sliding-log": scriptOf(limitSourceFor("sliding-log")),
};

const scripts: Record<Kind, ScriptCall<Answer>> = {
	"fixed-window": scriptOf(sourceFor(["fixed-window"])),
	gcra: scriptOf(sourceFor(["gcra"])),
	"sliding-counter": scriptOf(sourceFor(["sliding-counter"])),
	"sliding-log": scriptOf(sourceFor(["sliding-log"])),
};

/** The command that decides over one limit. */
export function decide(operation: Operation, question: Question): Command<Answer> {
	const { key, units, limit } = question;
	if (operation === "limit" && !changesGcra(question))
		return limitScripts[limit.kind]([key], [...limit.words, String(units)]);
	return scripts[limit.kind]([key], [operation, ...argsOf(question)]);
}

/** The command that blocks: a denial of everything for as many milliseconds as units. */
export function block(question: Question, reason: string): Command<Answer> {
	return scripts[question.limit.kind]([question.key], ["block", ...argsOf(question), reason]);
}

/** The command that ends a block. */
export function unblock(question: Question): Command<Answer> {
	return scripts[question.limit.kind]([question.key], ["unblock", ...argsOf(question)]);
}

/** The command that forgets what was charged, or whatever else is at the key, but for a block. */
export const reset: ScriptCall<number> = defineScript({ lua: resetLua, keys: 1, reply: integer });

const combined = new Map<string, ScriptCall<readonly Answer[]>>();

/** The command that decides over all these limits, all or nothing. */
export function decideAll(questions: readonly Question[]): Command<readonly Answer[]> {
	const kinds = [...new Set(questions.map(({ limit }) => limit.kind))].sort();
	const name = kinds.join();
	let script = combined.get(name);
	if (script === undefined) {
		script = defineScript({ lua: sourceFor(kinds), keys: "any", reply: answers });
		combined.set(name, script);
	}
	const keys = questions.map(({ key }) => key);
	return script(keys, ["limit", ...questions.flatMap(argsOf)]);
}

/** GCRA keeps the limit with the state, and has to know the limiter's own where the call has another. */
function changesGcra({ limit, own }: Question): boolean {
	return limit !== own && limit.kind === "gcra" && limit.words.join() !== own.words.join();
}

function argsOf(question: Question): string[] {
	const { units, limit, own } = question;
	const words = changesGcra(question) ? [...limit.words, ...own.words] : limit.words;
	return [limit.kind, String(units), String(words.length), ...words];
}
