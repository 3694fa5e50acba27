import { expect, test } from "vitest";
import { commandName } from "../src/command-name.ts";
import {
	AbortedError,
	ClosedError,
	CommandError,
	ConnectionError,
	InvalidArgumentError,
	RkError,
	ServerError,
	TimeoutError,
} from "../src/index.ts";

test.each([
	["NOSCRIPT No matching script.", "NOSCRIPT"],
	["LOCKED by another", "LOCKED"],
	["MY_CODE2 x", "MY_CODE2"],
	["ERR value is not an integer", "ERR"],
	["something in plain words", "ERR"],
	["READONLY", "READONLY"],
	["", "ERR"],
])("the code of %j is %s", (message, code) => {
	expect(new ServerError(message).code).toBe(code);
	expect(new ServerError(message).outcome).toBe("refused");
});

test("every error has a code, a name that minifiers leave alone, and is an RkError", () => {
	const errors = [
		new ConnectionError("lost", "unknown"),
		new TimeoutError("No reply", 10, "unknown"),
		new AbortedError("why", "not-sent"),
		new ClosedError(),
		new InvalidArgumentError("max", -1, "1 or more"),
	];
	expect(errors.map(({ code }) => code)).toEqual([
		"RK_CONNECTION",
		"RK_TIMEOUT",
		"RK_ABORTED",
		"RK_CLOSED",
		"RK_INVALID_ARGUMENT",
	]);
	for (const error of errors) {
		expect(error).toBeInstanceOf(RkError);
		expect(error.name).toBe(error.constructor.name);
	}
	expect(new InvalidArgumentError("max", -1, "1 or more")).not.toBeInstanceOf(CommandError);
});

test("an error of another copy of this package is an RkError too", () => {
	const foreign = new Error("from another copy");
	Object.defineProperty(foreign, Symbol.for("@rk/client.error"), { value: true });
	expect(foreign).toBeInstanceOf(RkError);
	expect(foreign).not.toBeInstanceOf(ServerError);
	expect(new Error("plain")).not.toBeInstanceOf(RkError);
	expect({ code: "RK_CLOSED" }).not.toBeInstanceOf(RkError);
});

test.each([
	["text", 'max is "text"'],
	["x".repeat(200), `max is "${"x".repeat(100)}…"`],
	[10n, "max is 10n"],
	[undefined, "max is undefined"],
	[null, "max is null"],
	[[1, 2], "max is an array of 2"],
	[{ a: 1 }, "max is an object"],
	[() => 1, "max is a function"],
])("the message shows the value: %#", (value, message) => {
	expect(new InvalidArgumentError("max", value, "1 or more").message).toBe(
		`${message}, but must be 1 or more`,
	);
});

test.each<[readonly [string, ...string[]], string]>([
	[["SET", "k", "secret"], "SET"],
	[["AUTH", "secret"], "AUTH"],
	[["CONFIG", "set", "requirepass", "secret"], "CONFIG SET"],
	[["EVALSHA", "sha", "0", "secret"], "EVALSHA"],
	[["CLIENT"], "CLIENT"],
])("%j is called %s in an error", (args, name) => {
	expect(commandName(args)).toBe(name);
});

test("an error about no one command says nothing of any", () => {
	const error = new ConnectionError("lost", "unknown", { node: "a:1" });
	expect(error.message).toBe("lost");
	expect(error).toMatchObject({ node: "a:1" });
	expect("command" in error).toBe(false);
	expect(new ServerError("LOCKED by 7", { command: "EVALSHA" }).message).toBe("LOCKED by 7 (EVALSHA)");
});
