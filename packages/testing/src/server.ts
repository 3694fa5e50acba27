import type { ServerVersion } from "./launch.ts";
import type { FaultProxy } from "./proxy/proxy.ts";
import type { TestReply } from "./resp.ts";

/** Which clients {@link TestServer.killClients} disconnects. */
export type ClientType = "normal" | "pubsub" | "replica" | "master";

/** A real server on 127.0.0.1, the means to look into it, and the faults it can be made to have. */
export interface TestServer extends AsyncDisposable {
	readonly host: string;
	/** Where clients connect: the server's port, or its proxy's. */
	readonly port: number;
	/** As `redis://:password@127.0.0.1:10000`; `rediss:` for TLS. */
	readonly url: string;
	readonly password: string | undefined;
	/** The certificate that a TLS client must trust, in PEM. */
	readonly ca: string | undefined;
	readonly version: ServerVersion;
	/** Whether this process started it. If not (`REDIS_URL`), the process faults reject with `NotOwnedError`. */
	readonly owned: boolean;
	/** `undefined` in a container, for a server that is not owned, and while it is killed. */
	readonly pid: number | undefined;
	/** The proxy that clients reach it through, where it was started with `proxied: true`. */
	readonly proxy: FaultProxy | undefined;

	/**
	 * Runs a command on a connection of its own, past the proxy. Bulk strings come back as UTF-8 text.
	 *
	 * @throws {ReplyError} the server's error reply
	 * @throws {ControlConnectionError} the server cannot be reached, or does not answer within 15 s
	 */
	command(...args: readonly (string | number)[]): Promise<TestReply>;
	/** What the server printed so far, over its restarts. */
	log(): Promise<string>;

	/** Ends the server without warning (SIGKILL) and resolves when it is gone. Clients see their connections reset or closed. */
	kill(): Promise<void>;
	/** Stops the server in its tracks (SIGSTOP): connections stay open and new ones are accepted, nothing is answered. */
	freeze(): Promise<void>;
	/** Lets a frozen server go on: it answers all it was sent meanwhile. */
	thaw(): Promise<void>;
	/**
	 * Starts the server again on the same port, killing it first if it runs; resolves when it answers.
	 * Data is lost unless the server was started with `persistence: "aof"`.
	 */
	restart(): Promise<void>;
	/**
	 * Disconnects clients of one type, or all normal and Pub/Sub clients; returns how many. Other control connections are among
	 * them, the Sentinels' are not: without those, a Sentinel may take the server for dead.
	 */
	killClients(type?: ClientType): Promise<number>;
	/** Makes the server keep all commands, or those that write, waiting for `ms`. With `ALL`, {@link command} waits too. */
	pauseClients(ms: number, what?: "ALL" | "WRITE"): Promise<void>;
	/** Forgets every script, as a restart or failover does. */
	flushScripts(): Promise<void>;

	/** Ends the server and removes all it left. A server that is not owned keeps running. */
	stop(): Promise<void>;
}
