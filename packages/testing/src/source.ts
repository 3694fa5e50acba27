import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { announce } from "./announce.ts";
import { hasContainerRuntime } from "./containers.ts";
import { distributionServer } from "./distribution.ts";
import { NoServerError } from "./errors.ts";

/** Which server programs are used. */
export type ServerSource =
	| {
			readonly kind: "program";
			readonly name: "redis" | "valkey";
			readonly version: string;
			/** The path of the server program. */
			readonly path: string;
	  }
	| {
			readonly kind: "image";
			/** The image that testcontainers runs. */
			readonly image: string;
	  };

type Environment = Readonly<Record<string, string | undefined>>;

const DEFAULT_IMAGE = "redis:8-alpine";

const HOW_TO_GET_ONE = `No Redis or Valkey server was found. Any of these will do:
  - install redis-server or valkey-server (apt install redis-server, brew install redis)
  - set RK_REDIS_SERVER to the path of a redis-server or valkey-server program
  - start Docker, and npm install --save-dev testcontainers
  - for a standalone server only, set REDIS_URL to one that tests may fill and flush`;

async function programAt(path: string): Promise<ServerSource & { kind: "program" }> {
	const { stdout } = await promisify(execFile)(path, ["--version"]);
	const [, product, version] = /^(Redis|Valkey) server v=(\S+)/.exec(stdout) ?? [];
	if (version === undefined)
		throw new Error(`"${path} --version" printed ${JSON.stringify(stdout.slice(0, 80))}`);
	return { kind: "program", name: product === "Valkey" ? "valkey" : "redis", version, path };
}

async function onPath(path: string | undefined): Promise<string | undefined> {
	for (const program of ["redis-server", "valkey-server"]) {
		for (const folder of (path ?? "").split(delimiter)) {
			const file = join(folder, program);
			const found = await access(file, constants.X_OK).then(
				() => true,
				() => false,
			);
			if (found) return file;
		}
	}
	return undefined;
}

/** The choice itself, as {@link findServer} documents it, in a given environment. */
export async function chooseServer(environment: Environment): Promise<ServerSource> {
	const named = environment["RK_REDIS_SERVER"];
	if (named !== undefined && named !== "") {
		return programAt(named).catch((cause) => {
			throw new NoServerError(`RK_REDIS_SERVER is ${JSON.stringify(named)}, which is not a server program`, {
				cause,
			});
		});
	}
	const installed = await onPath(environment["PATH"]);
	if (installed !== undefined) return programAt(installed);
	if (await hasContainerRuntime()) {
		return { kind: "image", image: environment["RK_REDIS_IMAGE"] ?? DEFAULT_IMAGE };
	}
	try {
		const unpacked = await distributionServer(environment);
		if (unpacked !== undefined) return await programAt(unpacked);
	} catch (cause) {
		throw new NoServerError(`${HOW_TO_GET_ONE}\n(Fetching the distribution's package failed: ${cause})`, {
			cause,
		});
	}
	throw new NoServerError(HOW_TO_GET_ONE);
}

let chosen: Promise<ServerSource> | undefined;

/**
 * Which server programs the tests of this process use; decided once, and told in one line on stderr:
 *
 * 1. the program that `RK_REDIS_SERVER` names;
 * 2. `redis-server`, else `valkey-server`, on the `PATH`;
 * 3. the image `RK_REDIS_IMAGE` (default `redis:8-alpine`), where testcontainers is installed and finds a container runtime;
 * 4. on Debian and Ubuntu, the distribution's own package, unpacked once into `${XDG_CACHE_HOME:-~/.cache}/rk-testing`
 *    without root and without installing anything.
 *
 * @throws {NoServerError} none of these, with what to do about it
 */
export function findServer(): Promise<ServerSource> {
	chosen ??= chooseServer(process.env).then((source) => {
		const what =
			source.kind === "program"
				? `${source.name}-server ${source.version} (${source.path})`
				: `image ${source.image}`;
		announce(what);
		return source;
	});
	return chosen;
}
