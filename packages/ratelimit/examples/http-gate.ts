import { createServer, type IncomingMessage } from "node:http";
import { connect } from "@rk/ioredis";
import { createRateLimiter, gcra, perMinute } from "@rk/ratelimit";
import { createGate } from "@rk/ratelimit/http";

const redis = await connect({ url: process.env["REDIS_URL"] ?? "redis://localhost:6379" });
const calls = createRateLimiter(redis, {
	name: "calls",
	algorithm: gcra({ rate: perMinute(1) }),
	onUnavailable: "allow",
	timeoutMs: 1_000,
});

// A framework of your own, or an answer of your own to a denial: this one is a page, not a problem.
const gate = createGate(calls, {
	key: (request: IncomingMessage) => String(request.headers["x-user"] ?? "anybody"),
});
const server = createServer(async (request, response) => {
	try {
		const admission = await gate.enter(request);
		for (const [name, value] of admission.fields()) response.setHeader(name, value);
		if (!admission.allowed) {
			response.writeHead(admission.problem.status).end("<p>Slowly, please.</p>");
			return;
		}
		response.once("finish", () => admission.settle(response.statusCode));
		response.end("<p>Welcome.</p>");
	} catch {
		response.writeHead(500).end();
	}
});

await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const address = server.address();
const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}/`;
await calls.reset("ada"); // whatever an earlier run has left

const ada = { headers: { "x-user": "ada" } };
console.log(await (await fetch(url, ada)).text()); // <p>Welcome.</p>
console.log(await (await fetch(url, ada)).text()); // <p>Slowly, please.</p>

server.closeAllConnections();
server.close();
await redis.close();
