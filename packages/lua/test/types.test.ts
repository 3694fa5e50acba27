import type { Arg, Command, CommandError, RedisPort } from "@rk/client";
import { integer } from "@rk/client";
import { expectTypeOf, test } from "vitest";
import {
	bool,
	bytes,
	type createScripts,
	defineScript,
	int,
	json,
	list,
	optional,
	type Script,
	type Transferred,
	text,
	type transfer,
} from "../src/index.ts";

const take = defineScript({
	name: "take",
	keys: ["stock", "...others"],
	args: { by: int, note: optional(text), tags: list(text) },
	reply: int,
	lua: "return 1",
});
const peek = defineScript({
	name: "peek",
	keys: ["key"],
	reply: optional(bytes),
	readOnly: true,
	lua: "return",
});
const clear = defineScript({
	name: "clear",
	keys: ["key"],
	args: { hard: optional(bool) },
	reply: integer,
	lua: "return 1",
});
const load = defineScript({
	name: "load",
	keys: [],
	args: { order: json((value) => (typeof value === "number" ? { id: value } : { id: 0 })) },
	reply: list(optional(int)),
	lua: "return {}",
});

/** Is compiled, never run. */
const wrong = (_attempts: (redis: RedisPort) => unknown): void => {};
const ok = { by: 1, tags: ["a"] };

test("a wrong key name, a wrong argument and a wrong use of the reply do not compile", () => {
	wrong(() => {
		take({ stock: "s", others: [] }, ok);
		take({ stock: Buffer.of(1), others: ["a"] }, { ...ok, note: undefined });
		// @ts-expect-error no such key
		take({ stok: "s", others: [] }, ok);
		// @ts-expect-error a key is missing
		take({ others: [] }, ok);
		// @ts-expect-error a key too many
		take({ stock: "s", others: [], more: "m" }, ok);
		// @ts-expect-error a key that is a number
		take({ stock: 5, others: [] }, ok);
		// @ts-expect-error one key where there may be many
		take({ stock: "s", others: "a" }, ok);
		// @ts-expect-error no such argument
		take({ stock: "s", others: [] }, { ...ok, bye: 1 });
		// @ts-expect-error an argument is missing
		take({ stock: "s", others: [] }, { by: 1 });
		// @ts-expect-error all arguments are missing
		take({ stock: "s", others: [] });
		// @ts-expect-error text for a number
		take({ stock: "s", others: [] }, { ...ok, by: "1" });
		// @ts-expect-error null is not undefined
		take({ stock: "s", others: [] }, { ...ok, note: null });
		// @ts-expect-error numbers for texts
		take({ stock: "s", others: [] }, { ...ok, tags: [1] });
		peek({ key: "k" });
		clear({ key: "k" });
		clear({ key: "k" }, { hard: true });
		// @ts-expect-error takes no arguments
		peek({ key: "k" }, { any: 1 });
		// @ts-expect-error a decoder is no codec for an argument
		defineScript({ name: "x", keys: [], args: { a: integer }, reply: int, lua: "return 1" });
		// @ts-expect-error no such option
		defineScript({ name: "x", keys: [], reply: int, lua: "return 1", readonly: true });
	});
});

test("replies have the type of their codec, alone, in batches, in transactions and by method", () => {
	expectTypeOf(take).returns.toEqualTypeOf<Command<number>>();
	expectTypeOf(peek).returns.toEqualTypeOf<Command<Buffer | null>>();
	expectTypeOf(clear).returns.toEqualTypeOf<Command<number>>();
	expectTypeOf(load).returns.toEqualTypeOf<Command<(number | null)[]>>();
	expectTypeOf(peek).toExtend<
		Script<[keys: { readonly key: Arg }, args?: Readonly<Record<string, never>>], Buffer | null>
	>();
	wrong(async (redis: RedisPort) => {
		const [taken, peeked] = await redis.batch([take({ stock: "s", others: [] }, ok), peek({ key: "k" })]);
		expectTypeOf(taken).toEqualTypeOf<number | CommandError>();
		expectTypeOf(peeked).toEqualTypeOf<Buffer | null | CommandError>();
	});
});

test("a method takes what the script takes, and options", () => {
	type Set = ReturnType<
		typeof createScripts<{ take: typeof take; peek: typeof peek; transfer: typeof transfer }>
	>;
	expectTypeOf<Set["take"]>().returns.resolves.toEqualTypeOf<number>();
	expectTypeOf<Set["transfer"]>().returns.resolves.toEqualTypeOf<Transferred>();
	expectTypeOf<keyof Set & string>().toEqualTypeOf<"take" | "peek" | "transfer" | "preload" | "close">();
	wrong(() => {
		const use = async (set: Set): Promise<void> => {
			await set.take({ stock: "s", others: [] }, ok, { timeoutMs: 5 });
			await set.peek({ key: "k" });
			await set.peek({ key: "k" }, {}, { timeoutMs: 5 });
			await set.transfer({ from: "a", to: "b", amount: 1 }, { timeoutMs: 5 });
			// @ts-expect-error no such script
			await set.tak({ stock: "s", others: [] }, ok);
			// @ts-expect-error text for a number
			await set.transfer({ from: "a", to: "b", amount: "1" });
			// @ts-expect-error a number is not text
			const text: string = await set.take({ stock: "s", others: [] }, ok);
			// @ts-expect-error no such option
			await set.peek({ key: "k" }, {}, { timeout: text });
		};
		void use;
	});
});
