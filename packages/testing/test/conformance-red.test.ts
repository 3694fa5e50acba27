import { AbortedError, ConnectionError, type RedisPort, ServerError } from "@rk/client";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import { connect } from "../../ioredis/src/index.ts";
import { ConformanceServers, type ConformanceSubject, portConformance } from "../src/index.ts";
import { brokenBy, type Fault, instead, putTo } from "./support/broken-port.ts";

const servers = new ConformanceServers();
afterAll(() => servers.close());
afterEach(() => {
	vi.useRealTimers();
});

const outcomeOf = (error: unknown): unknown => Reflect.get(Object(error), "outcome");

/** Makes something else of the errors of single commands. */
const errorsBecome =
	(change: (error: unknown) => unknown): Fault =>
	(real) => ({
		command: (command, options) =>
			real.command(command, options).catch((error: unknown) => {
				throw change(error);
			}),
	});

/** Changes the sessions that the port lends. */
const execGivesNull: Fault = (real) => ({
	session: (key, work, options) =>
		real.session(key, (session) => work(instead(session, { exec: async () => null })), options),
});

const LOST = "a command whose reply is lost ran once, and is reported as unknown";
const ABORTED = "a command whose signal aborted before is not sent";
const CODE = "an error reply has the server's code, its message, and the outcome refused";

/**
 * Each a mistake that adapters make, with a check that must see it and what the check must say.
 *
 * Broken on purpose, in the suite: ranOnce() not looking at the value, failed() comparing nothing. What they see was not seen.
 */
const faults: ReadonlyArray<readonly [fault: string, check: string, says: RegExp, Fault]> = [
	[
		"sends again what may have run",
		LOST,
		/RK_CONNECTION was expected, but it gave \{"value":2\}/,
		(real) => ({
			command: (command, options) =>
				real.command(command, options).catch((error: unknown) => {
					if (outcomeOf(error) === "unknown") return real.command(command, options);
					throw error;
				}),
		}),
	],
	[
		"sends again what may have run, and does not tell",
		LOST,
		/how often it ran/,
		(real) => ({
			command: (command, options) =>
				real.command(command, options).catch(async (error: unknown) => {
					if (outcomeOf(error) === "unknown") await real.command(command, options);
					throw error;
				}),
		}),
	],
	[
		"says of what may have run that it was not sent",
		LOST,
		/ConnectionError: gone/,
		errorsBecome(() => new ConnectionError("gone", "not-sent")),
	],
	[
		"gives the library's own error, which has no outcome",
		LOST,
		/not an error of rk: Error: Connection is closed/,
		errorsBecome(() => new Error("Connection is closed")),
	],
	[
		"gives the library's own error to some of many",
		"commands of the application's that go on while a connection is lost all settle",
		/Error: Connection is closed/,
		errorsBecome(() => new Error("Connection is closed")),
	],
	[
		"resolves a command that never ran",
		ABORTED,
		/RK_ABORTED was expected, but it gave \{"value":1\}/,
		(real) => ({
			command: async (command, options) =>
				options?.signal?.aborted ? command.decode(1) : real.command(command, options),
		}),
	],
	[
		"sends what was aborted before",
		ABORTED,
		/1 !== 0/,
		(real) => ({
			command: async (command, options) => {
				const given = await real.command(command);
				if (options?.signal?.aborted) throw new AbortedError(options.signal.reason, "not-sent");
				return given;
			},
		}),
	],
	[
		"gives error replies another code",
		CODE,
		/ServerError: What was it\? WRONGTYPE/,
		errorsBecome((error) => new ServerError(`What was it? ${Reflect.get(Object(error), "message")}`)),
	],
	[
		"gives the results of a batch in another order",
		"in a batch an error takes its own place, and the rest have their results",
		/'v' !== true/,
		(real) => ({
			batch: async (commands, options) => {
				const results = await real.batch(commands, options);
				Reflect.apply(Array.prototype.reverse, results, []);
				return results;
			},
		}),
	],
	[
		"runs a transaction as a batch",
		"a transaction of which a command is refused when it is queued rejects with that error, and runs nothing",
		/ERR was expected, but it gave \{"value":\[true/,
		(real) => ({ transaction: (commands, options) => real.batch(commands, options) }),
	],
	[
		"says of every EXEC of a session that a watched key had changed",
		"what a decoder cannot read is an error of its own, and the connection goes on",
		/RK_UNEXPECTED_REPLY was expected, but it gave undefined/,
		execGivesNull,
	],
	[
		"forgets a script that is in an EXEC",
		"a script in a session is found or brought, in commands, batches and EXEC",
		/deep-equal/,
		execGivesNull,
	],
	[
		"does not run the EXEC of a session, and does not tell",
		"a session's transaction whose reply is lost ran once, and is reported as unknown",
		/RK_CONNECTION was expected, but it gave \{\}/,
		execGivesNull,
	],
	[
		"delivers messages twice",
		"two subscriptions to one channel each get every message once, and end each by itself",
		/deep-equal/,
		(real) => ({
			subscribe: (request) =>
				real.subscribe({
					...request,
					onMessage: (...message) => {
						request.onMessage(...message);
						request.onMessage(...message);
					},
				}),
		}),
	],
	[
		"goes on with a subscription that was closed",
		"subscribe() resolves when the server has confirmed every channel, and close() when the end",
		/false !== true/,
		(real) => ({
			subscribe: async (request) => instead(await real.subscribe(request), { close: async () => {} }),
		}),
	],
	[
		"tells of every written key as of a flush",
		"keys come whole, as bytes, several written together too",
		/Not reached within 5000 ms: all came/,
		(real) => ({
			trackPrefixes: (request) =>
				real.trackPrefixes({ ...request, onInvalidate: () => request.onInvalidate(null) }),
		}),
	],
];

describe("the conformance suite", () => {
	it.each(faults)("goes red for an adapter that %s", async (_, check, says, fault) => {
		await expect(putTo(check, brokenBy(fault), servers)).rejects.toThrow(says);
	});

	it("goes red for an adapter that loses the connections it makes", async () => {
		const lost: RedisPort[] = [];
		const subject: ConformanceSubject = {
			...brokenBy(() => ({})),
			connect: async (options) => {
				lost.push(await connect(options));
				return connect(options);
			},
		};
		const name = "connect() gives a port that has answered, and owns its client";
		await expect(putTo(name, subject, servers)).rejects.toThrow("a connection was left open");
		await Promise.all(lost.map((port) => port.close()));
	});

	// Broken on purpose: runOn() without its race. The check hung with the adapter.
	it("goes red for an adapter that hangs, with the check that was not over in time", async () => {
		await putTo(
			CODE,
			brokenBy(() => ({})),
			servers,
		); // the servers are up
		vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"], shouldAdvanceTime: true });
		let hangs: () => void = () => {};
		const hanging = new Promise<void>((resolve) => {
			hangs = resolve;
		});
		const command = (): Promise<never> => {
			hangs();
			return new Promise(() => {});
		};
		const red = expect(
			putTo(
				CODE,
				brokenBy(() => ({ command })),
				servers,
			),
		).rejects.toThrow(`Not reached within 30000 ms: ${CODE}`);
		await hanging;
		await vi.advanceTimersByTimeAsync(30_000);
		await red;
	});

	it("is green for an adapter that is whole, on servers of its own, which it ends", async () => {
		let used = 0;
		const whole = brokenBy(() => ({}));
		const suite = portConformance({
			open: (target) => {
				used = target.nodes[0]?.port ?? 0;
				return whole.open(target);
			},
		});
		expect(new Set(suite.checks.map(({ topology }) => topology)).size).toBe(3);
		await suite.checks.find(({ name }) => name === LOST)?.run();
		await suite.close();
		await expect(connect({ host: "127.0.0.1", port: used })).rejects.toMatchObject({ code: "RK_CONNECT" });
	});
});
