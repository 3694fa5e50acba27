// A program that starts servers and ends in the way its argument says, without stopping them.
import { startCluster, startServer } from "../../src/index.ts";

const [how] = process.argv.slice(2);
const server = await startServer({ owned: true });
const cluster = how === "linger" ? await startCluster({ masters: 1 }) : undefined;
await server.freeze(); // a frozen server must not escape
const reply = await cluster?.nodes[0]?.command("CONFIG", "GET", "dir");
process.stdout.write(
	`${JSON.stringify({ pids: [server.pid, ...(cluster?.nodes ?? []).map(({ pid }) => pid)], reply })}\n`,
);

if (how === "exit") process.exit(0);
if (how === "throw") throw new Error("on purpose");
if (how === "linger") process.stdin.resume();
