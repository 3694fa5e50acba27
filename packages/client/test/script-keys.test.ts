import { expect, test } from "vitest";
import { bytes, defineScript, InvalidArgumentError, integer } from "../src/index.ts";

test("a script of any number of keys is sent with as many as it is given", () => {
	const script = defineScript({ lua: "return #KEYS", keys: "any", reply: integer });
	expect(script([])).toMatchObject({ args: ["EVALSHA", script.sha1, "0"], key: undefined, keys: undefined });
	expect(script(["a"], ["x"])).toMatchObject({ args: ["EVALSHA", script.sha1, "1", "a", "x"], key: "a" });
	expect(script(["{t}a", "{t}b"])).toMatchObject({ key: "{t}a", keys: ["{t}a", "{t}b"] });
});

test("a script's reply comes as text, or as bytes if asked", () => {
	const definition = { lua: "return 'a'", keys: 0, reply: bytes };
	expect(defineScript(definition)([]).encoding).toBe("utf8");
	expect(defineScript({ ...definition, encoding: "buffer" })([]).encoding).toBe("buffer");
	const wrong = (): unknown =>
		Reflect.apply(defineScript, undefined, [{ ...definition, encoding: "latin1" }]);
	expect(wrong).toThrow(InvalidArgumentError);
	expect(wrong).toThrow(expect.objectContaining({ argument: "encoding" }));
});
