import { describe, expect, it } from "vitest";
import { decodeReply, encodeCommand, readCommand, replyEnd } from "../src/resp.ts";

const bytes = (text: string): Buffer => Buffer.from(text);

describe("where a reply ends", () => {
	it.each([
		["a line", "+OK\r\n"],
		["an integer below zero", ":-1\r\n"],
		["a bulk string that holds line ends", "$4\r\na\r\nb\r\n"],
		["RESP2's null", "$-1\r\n"],
		["RESP2's null array", "*-1\r\n"],
		["nested arrays, one of them empty", "*3\r\n*0\r\n*1\r\n:1\r\n+x\r\n"],
		["a map", "%2\r\n+a\r\n:1\r\n+b\r\n*1\r\n:2\r\n"],
		["a set", "~1\r\n$1\r\na\r\n"],
		["a push", ">2\r\n+message\r\n+x\r\n"],
		["a verbatim string", "=6\r\ntxt:ab\r\n"],
		["an attribute with the reply it belongs to", "|1\r\n+ttl\r\n:3\r\n$1\r\na\r\n"],
		["an attribute inside an array", "*2\r\n|1\r\n+ttl\r\n:3\r\n:1\r\n:2\r\n"],
	])("is after the whole of it, and nowhere before: %s", (_, reply) => {
		// Broken on purpose: an attribute counted as a reply of its own. The end was before the value it belongs to.
		expect(replyEnd(bytes(`${reply}+NEXT\r\n`), 0)).toBe(reply.length);
		for (let length = 0; length < reply.length; length++)
			expect(replyEnd(bytes(reply).subarray(0, length), 0)).toBe(-1);
	});
});

describe("a reply", () => {
	it("is decoded with an error left in its place", () => {
		const reply = bytes("*4\r\n-WRONGTYPE no\r\n$-1\r\n*-1\r\n$2\r\n\u00e9\r\n");
		const { value, end } = decodeReply(reply, 0);
		expect(value).toEqual([expect.objectContaining({ word: "WRONGTYPE" }), null, null, "\u00e9"]);
		expect(end).toBe(reply.length);
	});

	it("of an error that is one word has that word", () => {
		expect(decodeReply(bytes("-NOREPLY\r\n"), 0).value).toMatchObject({
			word: "NOREPLY",
			message: "NOREPLY",
		});
	});
});

describe("a command", () => {
	it("is read as it was written, whatever it holds", () => {
		const args = ["SET", "k\u00e9y", "a\r\nb", 7];
		const written = encodeCommand(args);
		expect(readCommand(written, 0)).toEqual({ args: args.map(String), end: written.length });
		expect(readCommand(written.subarray(0, -1), 0)).toBeUndefined();
	});

	it.each([
		["PING  x\r\n", ["PING", "x"]],
		["\r\n", []],
		["*-1\r\n", []],
	])("is read when it comes inline or empty: %j", (text, args) => {
		expect(readCommand(bytes(text), 0)).toEqual({ args, end: text.length });
	});

	it("that comes inline is not there before its line ends", () => {
		expect(readCommand(bytes("PIN"), 0)).toBeUndefined();
	});
});
