import { type Command, defineScript, del, type RedisPort, type ScriptCall } from "@rk/client";
import type { Account, Algorithm, Operation, Standing } from "../src/algorithm.ts";
import { type Answer, answer } from "../src/answer.ts";
import { decide } from "../src/decide-script.ts";
import { GcraAccount } from "../src/models/gcra.ts";

/** One call, at an instant that the test chooses. */
export interface Step {
	readonly operation: Operation;
	readonly units: number;
	readonly nowUs: bigint;
	readonly own: Algorithm;
	readonly limit: Algorithm;
}

/** Replaces what must be there so many times, so that the test runs the very script but for this. */
function replaced(source: string, line: RegExp, times: number, by: string): string {
	const found = source.match(line)?.length ?? 0;
	if (found !== times) throw new Error(`${line} occurs ${found} times`);
	return source.replace(line, by);
}

const scripts = new Map<string, ScriptCall<Answer>>();

/** The script with the time as its last two arguments, and keys that outlive the test, whatever time that is. */
function timeless(source: string): ScriptCall<Answer> {
	let script = scripts.get(source);
	if (script === undefined) {
		const asked = replaced(source, /redis\.call\("TIME"\)/g, 1, "{ ARGV[#ARGV - 1], ARGV[#ARGV] }");
		const ways = source.includes("written straight") ? 2 : 1;
		const lua = replaced(asked, /(?<=math\.ceil\(.*\/ 1000\) \+ )1(?= \.\.)/g, ways, "100000000");
		script = defineScript({ lua, keys: 1, reply: answer });
		scripts.set(source, script);
	}
	return script;
}

function commandOf(key: string, step: Step): Command<Answer> {
	const { operation, units, nowUs, own, limit } = step;
	const { args, script } = decide(operation, { key, units, limit, own });
	const [, , , state, ...rest] = args;
	const time = [String(nowUs / 1_000_000n), String(nowUs % 1_000_000n)];
	if (script === undefined || state === undefined) throw new Error("No script");
	return timeless(script.source)([state], [...rest, ...time]);
}

/** What the scripts say to these steps, from a fresh key on. */
export async function inLua(redis: RedisPort, key: string, steps: readonly Step[]): Promise<Standing[]> {
	const results = await redis.batch([del([key]), ...steps.map((step) => commandOf(key, step))]);
	return steps.map(({ operation, units, limit }, i) => {
		const reply = results[i + 1];
		if (!Array.isArray(reply)) throw reply;
		return limit.read(reply, operation === "upto" ? 1 : units);
	});
}

/** What the model says to a step. */
export function inModel(account: Account, { operation, nowUs, units, own, limit }: Step): Standing {
	if (account instanceof GcraAccount)
		return account.apply(operation, nowUs, units, limit, limit === own ? [own] : [limit, own]);
	return account.apply(operation, nowUs, units, limit);
}
