import { inspect } from "node:util";
import {
	type CommandError,
	defineScript,
	get,
	incr,
	integer,
	lpush,
	ping,
	type RedisPort,
	raw,
	ServerError,
	set,
} from "@rk/client";
import { type FaultProxy, startServer, type TestServer } from "@rk/testing";
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from "vitest";

type Open = (address: { host: string; port: number; commandTimeoutMs?: number | null }) => Promise<RedisPort>;

const SECRET = "pa55word";

/** Registers the tests of what an error says about its command, which must be the same over every client. */
export function testFailedCommands(connect: Open): void {
	describe("an error names its command and the server", () => {
		let server: TestServer;
		let proxy: FaultProxy;
		let node: string;

		beforeAll(async () => {
			server = await startServer({ owned: true, proxied: true });
			proxy = server.proxy ?? expect.fail("the server has no proxy");
			node = `${server.host}:${server.port}`;
		});
		afterEach(() => proxy.heal());
		afterAll(() => server.stop());

		const open = async (commandTimeoutMs: number | null = null): Promise<RedisPort> => {
			const port = await connect({ host: server.host, port: server.port, commandTimeoutMs });
			onTestFinished(() => port.close({ graceMs: 0 }));
			await port.command(set("text", "v"));
			return port;
		};
		/** The error, which must show no argument wherever it is logged. */
		const errorOf = async (promise: Promise<unknown>): Promise<CommandError> => {
			const error = await promise.then(
				(value) => (value instanceof Error ? value : expect.fail(`it gave ${inspect(value)}`)),
				(reason: unknown) => reason,
			);
			expect(inspect(error, { depth: 10 })).not.toContain(SECRET);
			expect(error).toBeInstanceOf(Error);
			return Object(error);
		};
		const only = async (results: Promise<readonly unknown[] | null>): Promise<unknown> =>
			(await results)?.at(-1);

		const wrong = lpush("text", SECRET);
		const script = defineScript({ lua: "return redis.error_reply('LOCKED by 7')", keys: 1, reply: integer });

		test.each<[string, string, (port: RedisPort) => Promise<unknown>]>([
			["of a command", "LPUSH", (port) => port.command(wrong)],
			["of a command with a deadline", "LPUSH", (port) => port.command(wrong, { timeoutMs: 5000 })],
			["in a batch", "LPUSH", (port) => only(port.batch([get("text"), wrong]))],
			["in a transaction", "LPUSH", (port) => only(port.transaction([get("text"), wrong]))],
			[
				"of what a transaction could not queue",
				"CONFIG GET",
				(port) => port.transaction([get("text"), raw(["CONFIG", "get"])]),
			],
			["in a session", "LPUSH", (port) => port.session("text", (own) => own.command(wrong))],
			["in a session's EXEC", "LPUSH", (port) => port.session("text", (own) => only(own.exec([wrong])))],
			["of a script", "EVALSHA", (port) => port.command(script([SECRET]))],
		])("that the server refused: %s", async (_, command, attempt) => {
			const port = await open();
			await attempt(port).catch(() => {}); // of a script the source, from now on the digest
			const error = await errorOf(attempt(port));
			expect(error).toMatchObject({ command, node, outcome: "refused" });
			expect(error.message).toMatch(new RegExp(` \\(${command} on ${node}\\)$`));
			// Red when the message is taken for the server's own words: MOVED and NOSCRIPT are told by them.
			expect(error).toBeInstanceOf(ServerError);
			expect(Reflect.get(error, "reply")).toBe(error.message.slice(0, -` (${command} on ${node})`.length));
		});

		// Red (the same name for both) when one error is made for all that is lost at once.
		test("also where one lost connection is the end of several, and each has its own", async () => {
			const port = await open();
			const swallowed = proxy.swallowReply("INCR");
			const running = [port.command(incr(SECRET)), port.command(get(SECRET)), port.transaction([get("x")])];
			const errors = await Promise.all(running.map(errorOf));
			expect(await swallowed).toBe(true);
			expect(errors.map(({ command }) => command)).toEqual(["INCR", "GET", "EXEC"]);
			for (const error of errors) expect(error).toMatchObject({ code: "RK_CONNECTION", node });
		});

		test("that gave no reply in time, or was never sent", async () => {
			const port = await open(200);
			const own = await port.session(undefined, async (session) => {
				await session.command(ping());
				proxy.blackHole("replies");
				return errorOf(session.command(get(SECRET), { timeoutMs: 50 }));
			});
			expect(own).toMatchObject({ command: "GET", node });
			for (const options of [undefined, { timeoutMs: 50 }]) {
				const error = await errorOf(port.command(set(SECRET, SECRET), options));
				expect(error).toMatchObject({ code: "RK_TIMEOUT", outcome: "unknown", command: "SET", node });
			}
			await proxy.refuse(true);
			proxy.cut();
			await expect.poll(() => port.health(20)).toMatchObject({ nodes: [{ error: { outcome: "not-sent" } }] });
			const error = await errorOf(port.command(get(SECRET), { timeoutMs: 50 }));
			expect(error).toMatchObject({ outcome: "not-sent", command: "GET", node });
			expect(error.message).toBe(`Not connected within 50 ms (GET on ${node})`);
		});

		test("that was given up by its signal, or by close()", async () => {
			const port = await open();
			proxy.blackHole("replies");
			const gone = new AbortController();
			const waiting = [
				port.command(get(SECRET), { signal: gone.signal }),
				port.transaction([get(SECRET)]),
				port.command(incr(SECRET)),
			].map(errorOf);
			gone.abort();
			await port.close({ graceMs: 20 });
			expect(await Promise.all(waiting)).toMatchObject([
				{ code: "RK_ABORTED", command: "GET", node },
				{ code: "RK_CLOSED", command: "EXEC", node },
				{ code: "RK_CLOSED", command: "INCR", node },
			]);
			const late = await port.batch([get(SECRET), incr(SECRET)]);
			expect(late).toMatchObject([{ command: "GET" }, { command: "INCR" }]);
		});
	});
}
