import { slotOf } from "@rk/client";
import { expect, test } from "vitest";
import { testScripts } from "../../../test/scripts.ts";
import { richNames, siblingOf } from "../src/names.ts";
import * as scripts from "../src/scripts.ts";

testScripts(new URL("../src/", import.meta.url), scripts);

test("all names of a lock are in one slot, and in that of the data that has its key as hash tag", () => {
	for (const key of ["a", "orders:42", "{a}", "}", "%", "ключ"]) {
		const { lock, fence, channel } = richNames("lock:", key);
		expect(new Set([slotOf(lock), slotOf(fence ?? ""), slotOf(channel)]).size).toBe(1);
	}
	expect(slotOf(richNames("lock:", "orders:42").lock)).toBe(slotOf("{orders:42}:items"));
	for (const key of ["a", "{a}", "a}", "{a", "{}", "x{a}y"])
		expect(slotOf(siblingOf(key, "wake"))).toBe(slotOf(key));
});
