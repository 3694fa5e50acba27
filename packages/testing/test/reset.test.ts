import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { reset } from "../src/proxy/reset.ts";

const open: Array<() => void> = [];
afterEach(() => {
	for (const close of open.splice(0)) close();
});

/** Both ends of a connection, and what went wrong with the first. */
async function connection(): Promise<{ near: Socket; far: Socket; errors: unknown[] }> {
	const server = createServer().listen(0, "127.0.0.1");
	await once(server, "listening");
	const address = server.address();
	if (address === null || typeof address === "string") throw new Error("no port");
	const accepted = once(server, "connection");
	const near = connect(address.port, "127.0.0.1");
	const errors: unknown[] = [];
	near.on("error", (error) => errors.push(error));
	const [far]: Socket[] = await accepted;
	if (far === undefined) throw new Error("no connection");
	far.on("error", () => {});
	far.resume();
	open.push(() => {
		far.destroy();
		server.close();
	});
	return { near, far, errors };
}

test("the other end sees a reset", async () => {
	const { near, far } = await connection();
	const [error] = await Promise.all([once(far, "error"), reset(near)]);
	expect(error).toMatchObject([{ code: "ECONNRESET" }]);
});

// Red (EINVAL, and a handle that is never closed) with resetAndDestroy() alone.
test("a connection that is just being ended is closed all the same", async () => {
	const { near, errors } = await connection();
	near.end("x");
	reset(near);
	await once(near, "close");
	expect(errors).toEqual([]);
});
