import { expect, test } from "vitest";
import type { Command, WireReply } from "../../src/command.ts";
import * as c from "../../src/commands/index.ts";
import { UnexpectedReplyError } from "../../src/errors.ts";

/** Commands whose reply has a fixed number of parts, and a whole one. */
const REPLIES: ReadonlyArray<
	readonly [name: string, command: Command<unknown>, reply: readonly WireReply[]]
> = [
	["XAUTOCLAIM", c.xautoclaim("k", "g", "ann", 0, "0-0"), ["0-0", [["1-0", ["f", "v"]]], []]],
	["BZPOPMIN", c.bzpopmin("k", 1), ["k", "ann", "1.5"]],
	["TIME", c.time(), ["1700000000", "123456"]],
	["ZSCAN", c.zscan("k", "0"), ["0", ["ann", "1"]]],
	["SSCAN", c.sscan("k", "0"), ["0", ["ann"]]],
	["HSCAN", c.hscan("k", "0"), ["0", ["f", "v"]]],
];

// Red where a part that is not there is read as 0, "" or an empty list.
test.each(REPLIES)(
	"a reply of %s that lacks a part is refused, and not read as something else",
	(name, command, whole) => {
		expect(() => command.decode(whole)).not.toThrow();
		for (let parts = 0; parts < whole.length; parts++)
			expect(() => command.decode(whole.slice(0, parts)), `${name}, ${parts} of ${whole.length}`).toThrow(
				UnexpectedReplyError,
			);
	},
);

test("a group that has nothing pending has no first and last", () => {
	const summary = c.xpending("k", "g");
	expect(summary.decode([0, null, null, null])).toEqual({
		count: 0,
		firstId: null,
		lastId: null,
		consumers: new Map(),
	});
	expect(() => summary.decode([])).toThrow(UnexpectedReplyError);
});

test("an entry of a list that lacks a part is refused too", () => {
	const pending = c.xpendingRange("k", "g", "-", "+", 10);
	expect(pending.decode([["1-0", "ann", 5, 1]])).toEqual([
		{ id: "1-0", consumer: "ann", idleMs: 5, deliveries: 1 },
	]);
	for (let parts = 0; parts < 4; parts++)
		expect(() => pending.decode([["1-0", "ann", 5, 1].slice(0, parts)])).toThrow(UnexpectedReplyError);

	const functions = c.functionList({ withCode: true });
	const fn: WireReply = ["name", "f", "description", null, "flags", ["no-writes"]];
	const library: WireReply[] = [
		"library_name",
		"lib",
		"engine",
		"LUA",
		"functions",
		[fn],
		"library_code",
		"#!lua",
	];
	expect(functions.decode([library])).toMatchObject([
		{ name: "lib", functions: [{ name: "f" }], code: "#!lua" },
	]);
	for (const gone of ["library_name", "engine", "functions"]) {
		const at = library.indexOf(gone);
		expect(() => functions.decode([library.toSpliced(at, 2)]), gone).toThrow(UnexpectedReplyError);
	}
	for (const gone of ["name", "flags"]) {
		const broken = library.with(5, [fn.toSpliced(fn.indexOf(gone), 2)]);
		expect(() => functions.decode([broken]), gone).toThrow(UnexpectedReplyError);
	}
});
