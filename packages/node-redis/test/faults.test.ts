import {
	BlobError,
	ClientClosedError,
	ClientOfflineError,
	ConnectionTimeoutError,
	DisconnectsClientError,
	RootNodesUnavailableError,
	SimpleError,
	SocketClosedUnexpectedlyError,
	SocketTimeoutDuringMaintenanceError,
	SocketTimeoutError,
	TimeoutError,
} from "redis";
import { describe, expect, test } from "vitest";
import { fault } from "../src/faults.ts";

const withCode = (code: string): Error => Object.assign(new Error(`connect ${code}`), { code });

describe("what an error says about its command", () => {
	test.each([
		["a reply", new SimpleError("WRONGTYPE Operation against a key"), "WRONGTYPE", "refused"],
		["a long reply", new BlobError("SYNTAX invalid"), "SYNTAX", "refused"],
		["a reply without a code", new SimpleError("went wrong"), "ERR", "refused"],
		["a lost connection", new SocketClosedUnexpectedlyError(), "RK_CONNECTION", "unknown"],
		["a silent connection", new SocketTimeoutError(100), "RK_CONNECTION", "unknown"],
		[
			"a silent connection in maintenance",
			new SocketTimeoutDuringMaintenanceError(100),
			"RK_CONNECTION",
			"unknown",
		],
		["the library's timeout, which may follow the write", new TimeoutError(), "RK_CONNECTION", "unknown"],
		["a reset", withCode("ECONNRESET"), "RK_CONNECTION", "unknown"],
		["nobody listening", withCode("ECONNREFUSED"), "RK_CONNECTION", "not-sent"],
		["no connection yet", new ClientOfflineError(), "RK_CONNECTION", "not-sent"],
		["no connection in time", new ConnectionTimeoutError(), "RK_CONNECTION", "not-sent"],
		["no cluster", new RootNodesUnavailableError(), "RK_CONNECTION", "not-sent"],
		["a full queue", new Error("The queue is full"), "RK_CONNECTION", "not-sent"],
		["a closed client", new ClientClosedError(), "RK_CLOSED", "not-sent"],
		["a client closed under way", new DisconnectsClientError(), "RK_CLOSED", "unknown"],
		["something else", new TypeError("x is not a function"), "RK_CONNECTION", "unknown"],
		["no error at all", "boom", "RK_CONNECTION", "unknown"],
	])("%s", (_what, error, code, outcome) => {
		const known = fault(error);
		expect(known).toMatchObject({ code, outcome });
		expect(known.cause).toBe(error);
	});

	test("a reply whose class lost its name to a bundler", () => {
		const a = class extends Error {};
		const b = class extends a {};
		expect(fault(new b("NOSCRIPT No matching script"))).toMatchObject({
			code: "NOSCRIPT",
			outcome: "refused",
		});
		expect(fault(new a("Socket closed unexpectedly"))).toMatchObject({
			code: "RK_CONNECTION",
			outcome: "unknown",
		});
	});

	test("what is known already stays as it is", () => {
		const known = fault(new SocketClosedUnexpectedlyError());
		expect(fault(known)).toBe(known);
	});
});
