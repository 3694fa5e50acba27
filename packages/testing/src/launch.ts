import { Control, type ServerAddress } from "./control.ts";
import { ServerStartError } from "./errors.ts";
import { type Host, type Launch, type Machine, PID_FILE } from "./machine.ts";
import { until } from "./wait.ts";

const READY_MS = 20_000;

export interface ServerVersion {
	readonly name: "redis" | "valkey";
	/** As `7.0.15`. */
	readonly version: string;
}

/** Options that every server of this package is started with: no data on disk, nobody but this machine. */
export function baseArgs(host: Host, port: number): string[] {
	return [
		...["--port", `${port}`, "--bind", host.bind, "--protected-mode", "no", "--pidfile", PID_FILE],
		...["--save", "", "--repl-diskless-sync-delay", "0"],
		// A cluster's node tells clients of a replica only once the replica has received something.
		...["--repl-ping-replica-period", "1"],
	];
}

/** How a control connection is let in. */
export function login(password: string | undefined): Pick<ServerAddress, "greeting"> {
	return password === undefined ? {} : { greeting: [["AUTH", password]] };
}

/** Resolves when the server answers, with what it says it is. */
export async function ready(machine: Machine, control: Control): Promise<ServerVersion> {
	const answer = until("the server answers", READY_MS, async () => {
		if (!machine.running) return "exited";
		const pid = await machine.serverPid();
		await control.command("PING");
		const info = `${await control.command("INFO", "server")}`;
		return pid === Number(/^process_id:(\d+)/m.exec(info)?.[1]) && info;
	});
	const info = await answer.catch(async (cause) => {
		throw new ServerStartError(`The server did not answer: ${cause.cause ?? cause}`, await machine.log(), {
			cause,
		});
	});
	if (info === "exited") throw new ServerStartError("The server ended while starting", await machine.log());
	return versionIn(info);
}

/** Valkey's INFO also names the Redis version it is compatible with. */
export function versionIn(info: string): ServerVersion {
	const [, valkey] = /^valkey_version:(\S+)/m.exec(info) ?? [];
	const [, redis] = /^redis_version:(\S+)/m.exec(info) ?? [];
	return valkey === undefined
		? { name: "redis", version: redis ?? "?" }
		: { name: "valkey", version: valkey };
}

/** A machine that answers, and the connection to ask it over. */
export interface Launched {
	readonly machine: Machine;
	readonly control: Control;
	readonly version: ServerVersion;
}

export async function launchServer(
	host: Host,
	launch: Launch,
	access: Omit<ServerAddress, "host" | "port">,
): Promise<Launched> {
	const machine = await host.launch(launch);
	const control = new Control({ host: "127.0.0.1", port: launch.port, ...access });
	try {
		return { machine, control, version: await ready(machine, control) };
	} catch (error) {
		control.close();
		throw error;
	}
}
