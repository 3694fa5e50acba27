import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A server that its starter may fill, flush and configure as it likes. */
export interface OwnServer {
	/** Of its socket: it listens on no port. */
	readonly path: string;
	stop(): Promise<void>;
}

async function answers(path: string): Promise<boolean> {
	const socket = createConnection(path);
	try {
		await once(socket, "connect");
		return true;
	} catch {
		return false;
	} finally {
		socket.destroy();
	}
}

/** Starts `RK_REDIS_SERVER`, or the `redis-server` of the PATH. */
export async function startOwnServer(): Promise<OwnServer> {
	const dir = await mkdtemp(join(tmpdir(), "rk-"));
	const path = join(dir, "redis.sock");
	const flags = ["--port", "0", "--unixsocket", path, "--dir", dir, "--save", "", "--appendonly", "no"];
	const server = spawn(process.env["RK_REDIS_SERVER"] ?? "redis-server", flags, {
		stdio: ["ignore", "pipe", "inherit"],
	});
	const exited = once(server, "exit");
	exited.catch(() => {});
	const log: string[] = [];
	for await (const chunk of server.stdout) {
		log.push(String(chunk));
		if (log.join("").includes("eady to accept connections")) break;
	}
	if (!existsSync(path) || !(await answers(path)))
		throw new Error(`The server did not start: ${log.join("")}`);
	return {
		path,
		async stop() {
			server.kill();
			await exited;
			await rm(dir, { recursive: true });
		},
	};
}
