import { RESP_TYPES } from "redis";
import { expect, test } from "vitest";
import { REPLY_TYPES } from "../src/replies.ts";

test("the reply types are the library's", () => {
	expect(RESP_TYPES).toMatchObject(REPLY_TYPES);
});
