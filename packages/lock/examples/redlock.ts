import { connect } from "@rk/ioredis";
import { createRedlock } from "@rk/lock";

// Three masters that do not replicate each other. Here, so that it runs anywhere, three databases of one server.
const base = process.env["REDIS_URL"] ?? "redis://localhost:6379";
const servers = await Promise.all(["/0", "/1", "/2"].map((db) => connect({ url: new URL(db, base).href })));

const redlock = createRedlock(servers, { nodeTimeoutMs: 500 });
const done = await redlock.withLock("nightly-report", async (signal, lock) => {
	signal.throwIfAborted();
	console.log(await redlock.tryAcquire(lock.key)); // null
	return "sent";
});
console.log(done); // sent

await redlock.close();
await Promise.all(servers.map((server) => server.close()));
