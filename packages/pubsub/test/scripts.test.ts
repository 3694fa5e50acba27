import { slotOf } from "@rk/client";
import { expect, test } from "vitest";
import { testScripts } from "../../../test/scripts.ts";
import { cursorKey, namesOf } from "../src/durable/names.ts";
import * as scripts from "../src/durable/scripts.ts";

testScripts(new URL("../src/durable/", import.meta.url), scripts);

test("all that a topic has is in one slot, whatever its name is", () => {
	for (const name of ["orders", "a:b", "{a}", "}", "%", "ключ"]) {
		const { stream, state, channel } = namesOf("pubsub", name);
		const cursor = cursorKey("pubsub", name, "{x}:y");
		expect(new Set([stream, state, channel, cursor]).size).toBe(4);
		expect(new Set([stream, state, channel, cursor].map(slotOf)).size).toBe(1);
	}
});
