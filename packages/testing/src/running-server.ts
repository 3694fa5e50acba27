import { checkInteger, InvalidArgumentError } from "@rk/client";
import type { Control } from "./control.ts";
import { NotOwnedError } from "./errors.ts";
import { ready, type ServerVersion } from "./launch.ts";
import type { Machine } from "./machine.ts";
import type { FaultProxy } from "./proxy/proxy.ts";
import type { TestReply } from "./resp.ts";
import type { ClientType, TestServer } from "./server.ts";

const CLIENT_TYPES: readonly string[] = ["normal", "pubsub", "replica", "master"];

/** What a {@link RunningServer} is made of. */
export interface ServerParts {
	readonly host: string;
	readonly port: number;
	readonly control: Control;
	readonly version: ServerVersion;
	/** `undefined` for a server that somebody else runs. */
	readonly machine: Machine | undefined;
	readonly proxy?: FaultProxy | undefined;
	readonly password?: string | undefined;
	readonly ca?: string | undefined;
	/** Instead of the address made of the other parts. */
	readonly url?: string;
	/** Removes what was made for this server alone. */
	readonly release?: () => Promise<void>;
}

function urlOf({ host, proxy, port, password, ca }: ServerParts): string {
	const login = password === undefined ? "" : `:${encodeURIComponent(password)}@`;
	return `${ca === undefined ? "redis" : "rediss"}://${login}${host}:${proxy?.port ?? port}`;
}

export class RunningServer implements TestServer {
	readonly host: string;
	readonly port: number;
	readonly url: string;
	readonly password: string | undefined;
	readonly ca: string | undefined;
	readonly version: ServerVersion;
	readonly owned: boolean;
	readonly proxy: FaultProxy | undefined;
	/** The server's own port, behind its proxy if it has one. */
	readonly directPort: number;
	readonly #control: Control;
	readonly #machine: Machine | undefined;
	#frozen = false;
	readonly #release: (() => Promise<void>) | undefined;

	constructor(parts: ServerParts) {
		this.host = parts.host;
		this.port = parts.proxy?.port ?? parts.port;
		this.url = parts.url ?? urlOf(parts);
		this.password = parts.password;
		this.ca = parts.ca;
		this.version = parts.version;
		this.owned = parts.machine !== undefined;
		this.proxy = parts.proxy;
		this.directPort = parts.port;
		this.#control = parts.control;
		this.#machine = parts.machine;
		this.#release = parts.release;
	}

	get pid(): number | undefined {
		return this.#machine?.pid;
	}

	/** Neither killed nor frozen, as far as this process did it. */
	get responsive(): boolean {
		return (this.#machine?.running ?? true) && !this.#frozen;
	}

	command(...args: readonly (string | number)[]): Promise<TestReply> {
		return this.#control.command(...args);
	}

	async log(): Promise<string> {
		return (await this.#machine?.log()) ?? "";
	}

	async kill(): Promise<void> {
		await this.#own("kill()").kill();
		this.#frozen = false;
	}

	async freeze(): Promise<void> {
		await this.#own("freeze()").freeze();
		this.#frozen = true;
	}

	async thaw(): Promise<void> {
		await this.#own("thaw()").thaw();
		this.#frozen = false;
	}

	async restart(): Promise<void> {
		const machine = this.#own("restart()");
		await this.kill();
		this.#control.close(); // its connection belongs to the server that was killed
		await machine.start();
		await ready(machine, this.#control);
	}

	async killClients(type?: ClientType): Promise<number> {
		if (type !== undefined && !CLIENT_TYPES.includes(type))
			throw new InvalidArgumentError("type", type, `${CLIENT_TYPES.join(", ")}, or none`);
		const own = await this.command("CLIENT", "ID");
		const lists = await Promise.all(
			(type === undefined ? ["normal", "pubsub"] : [type]).map((each) =>
				this.command("CLIENT", "LIST", "TYPE", each),
			),
		);
		const ids = lists
			.flatMap((list) => `${list}`.split("\n"))
			.filter((line) => !/ name=sentinel-/.test(line))
			.flatMap((line) => /^id=(\d+)/.exec(line)?.[1] ?? [])
			.filter((id) => id !== `${own}`);
		const killed = await Promise.all(ids.map((id) => this.command("CLIENT", "KILL", "ID", id)));
		return killed.reduce<number>((sum, one) => sum + Number(one), 0);
	}

	async pauseClients(ms: number, what: "ALL" | "WRITE" = "ALL"): Promise<void> {
		checkInteger("ms", ms, 0);
		await this.command("CLIENT", "PAUSE", ms, what);
	}

	async flushScripts(): Promise<void> {
		await this.command("SCRIPT", "FLUSH", "SYNC");
	}

	async stop(): Promise<void> {
		this.#control.close();
		await this.proxy?.stop();
		await this.#machine?.remove();
		await this.#release?.();
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.stop();
	}

	#own(verb: string): Machine {
		if (this.#machine === undefined) throw new NotOwnedError(verb);
		return this.#machine;
	}
}
