import type { Control } from "./control.ts";
import type { RunningServer } from "./running-server.ts";

type Server = Pick<RunningServer | Control, "command">;

export async function roleOf(server: Server): Promise<unknown> {
	const role = await server.command("ROLE");
	return Array.isArray(role) ? role[0] : undefined;
}

/** How far the master's stream of writes has come. */
export async function writtenBy(master: Server): Promise<number> {
	return offsetIn("master_repl_offset", await replication(master));
}

/**
 * The server follows the master at `port`, and has all it wrote up to `offset`.
 *
 * That its link is up says less: after the first copy of the data the master sends what it wrote since only once the replica
 * has said that it is ready, and a replica promoted before that has none of it.
 */
export async function hasCaughtUp(replica: Server, port: number, offset: number): Promise<boolean> {
	const info = await replication(replica);
	return (
		info.includes(`master_port:${port}\r`) &&
		info.includes("master_link_status:up") &&
		offsetIn("slave_repl_offset", info) >= offset
	);
}

async function replication(server: Server): Promise<string> {
	return `${await server.command("INFO", "replication")}`;
}

function offsetIn(field: string, info: string): number {
	return Number(new RegExp(`^${field}:(\\d+)`, "m").exec(info)?.[1]);
}
