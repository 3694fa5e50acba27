// Made by `pnpm check:api --write` from the build. Not published, not compiled: for reviews.

// @rk/testing

import { RkError, PortOptions, RedisPort, ConnectOptions, ConnectClusterOptions, ConnectSentinelOptions } from '@rk/client';

/** Which commands: a name in any case, or a test of the whole command. */
type CommandMatch = string | ((args: readonly string[]) => boolean);
interface SwallowOptions {
    /** Which of the commands that match, counted from the call on. @default 1 */
    readonly nth?: number;
    /** What follows the loss of the reply. @default "cut" */
    readonly after?: "cut" | "hold";
}
/**
 * Stands between clients and a server, understands RESP2 and RESP3, and breaks the connection in exactly the way asked.
 * Faults hit the connections of clients; what replicas and Sentinels send passes untouched and uncounted, except that
 * {@link refuse} refuses everybody.
 */
interface FaultProxy extends AsyncDisposable {
    readonly host: string;
    readonly port: number;
    /** How many clients are connected. */
    readonly connections: number;
    /** From now on, each reply and push arrives `ms` later than it would. */
    delay(ms: number): void;
    /** Resets every connection of a client at once (RST, on both sides). */
    cut(): void;
    /** While on, nobody listens: new connections get ECONNREFUSED. Those that exist go on; {@link cut} ends them. */
    refuse(on: boolean): Promise<void>;
    /**
     * Loses all commands before the server sees them, or all replies on their way back, until called with `false`, which
     * cuts the connections that lost something: a stream with a gap in it cannot go on.
     */
    blackHole(lost: "requests" | "replies" | false): void;
    /**
     * Lets exactly `bytes` more bytes of replies pass, counted over all clients, then resets the connection that was
     * getting them. Resolves true when that happened, false if the proxy was healed or stopped before.
     */
    cutAfterReplyBytes(bytes: number): Promise<boolean>;
    /**
     * Lets the `nth` command (default 1, the next) that matches reach the server, drops its reply, and then resets the
     * connection, or with `hold` leaves it open and silent until {@link heal}.
     * Resolves true when that happened, false if the proxy was healed or stopped before.
     */
    swallowReply(match: CommandMatch, options?: SwallowOptions): Promise<boolean>;
    /** Every command that was passed on to the server, oldest first. */
    commands(): readonly (readonly string[])[];
    /** How many of {@link commands} match. */
    count(match: CommandMatch): number;
    /** Empties {@link commands}. */
    forget(): void;
    /** Ends all faults; connections that lost something are cut. */
    heal(): Promise<void>;
    /** Cuts every connection and stops listening. */
    stop(): Promise<void>;
}
/** What is behind a proxy. */
interface ProxyTarget {
    readonly host: string;
    readonly port: number;
}
/** Starts a proxy on a free port of 127.0.0.1 in front of `target`. Plain TCP only: it cannot read TLS. */
declare function startProxy(target: ProxyTarget): Promise<FaultProxy>;

/** No Redis or Valkey server was found, and none could be fetched. */
declare class NoServerError extends RkError {
    readonly name = "NoServerError";
    readonly code = "RK_NO_SERVER";
    constructor(message: string, options?: ErrorOptions);
}
/** A server did not come up. */
declare class ServerStartError extends RkError {
    readonly name = "ServerStartError";
    readonly code = "RK_SERVER_START";
    /** What the server printed. */
    readonly log: string;
    constructor(what: string, log: string, options?: ErrorOptions);
}
/** A fault that only the owner of a server can make was asked of the server in `REDIS_URL`. */
declare class NotOwnedError extends RkError {
    readonly name = "NotOwnedError";
    readonly code = "RK_SERVER_NOT_OWNED";
    constructor(verb: string);
}
/** The server's error reply to a command; `message` is the reply's text. */
declare class ReplyError extends RkError {
    readonly name = "ReplyError";
    readonly code = "RK_TEST_REPLY";
    /** The first word of the reply, such as `WRONGTYPE`. */
    readonly word: string;
    constructor(message: string);
}
/** The control connection to a server failed; the command may or may not have run. */
declare class ControlConnectionError extends RkError {
    readonly name = "ControlConnectionError";
    readonly code = "RK_TEST_CONNECTION";
    constructor(message: string, options?: ErrorOptions);
}
/** A state that was waited for did not come. */
declare class WaitTimeoutError extends RkError {
    readonly name = "WaitTimeoutError";
    readonly code = "RK_TEST_TIMEOUT";
    constructor(what: string, timeoutMs: number, options?: ErrorOptions);
}

/** What a server answers: RESP2 shapes, bulk strings as UTF-8 text. An error inside an array stays in its place. */
type TestReply = string | number | null | ReplyError | readonly TestReply[];

interface ServerVersion {
    readonly name: "redis" | "valkey";
    /** As `7.0.15`. */
    readonly version: string;
}

/** Which clients {@link TestServer.killClients} disconnects. */
type ClientType = "normal" | "pubsub" | "replica" | "master";
/** A real server on 127.0.0.1, the means to look into it, and the faults it can be made to have. */
interface TestServer extends AsyncDisposable {
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

interface ClusterNode extends TestServer {
    /** The node's name in the cluster, which it keeps over restarts. */
    readonly id: string;
}
/** A Redis Cluster on 127.0.0.1, and what can happen to one. */
interface TestCluster extends AsyncDisposable {
    /** Every node; at the start the masters come first. Any of them will do as a seed. */
    readonly nodes: readonly ClusterNode[];
    /** The proxies of all nodes where it was started with `proxied: true`; empty otherwise. */
    readonly proxies: readonly FaultProxy[];
    /** The masters of now that are up. */
    masters(): Promise<readonly ClusterNode[]>;
    /** The replicas of `master` that are up. */
    replicasOf(master: ClusterNode): Promise<readonly ClusterNode[]>;
    /** The master of `slot`. */
    ownerOf(slot: number): Promise<ClusterNode>;
    /** Resolves when all nodes that run agree on masters, replicas and slots, find the cluster ok, and replicas are in sync. */
    settled(): Promise<void>;
    /**
     * Makes a replica the master of a slot, or in the place of a master, and resolves with it when it takes writes, all
     * nodes that run agree, and the old master, if it runs, follows it in sync. Nothing that a running master has
     * acknowledged is lost: writes wait there until it is a replica, which also ends a pause of its clients.
     */
    failover(of: number | ClusterNode): Promise<ClusterNode>;
    /**
     * Begins to move a slot, and moves `keys` of it. Until {@link finishMigration}, the owner answers for a key it lacks with ASK,
     * and either side with TRYAGAIN for several keys of which it lacks some.
     */
    beginMigration(slot: number, to: ClusterNode, keys?: readonly string[]): Promise<void>;
    /** Moves the keys that are left in a slot, hands it over, and resolves when all nodes agree. */
    finishMigration(slot: number, to: ClusterNode): Promise<void>;
    /** Moves a slot with its keys. */
    moveSlot(slot: number, to: ClusterNode): Promise<void>;
    /** Moves the first `count` slots that `from` has, with their keys. */
    reshard(count: number, from: ClusterNode, to: ClusterNode): Promise<void>;
    /** Ends all nodes and removes all they left. */
    stop(): Promise<void>;
}

/** A master with replicas on 127.0.0.1, watched by Sentinels. */
interface TestSentinel extends AsyncDisposable {
    /** What clients ask the Sentinels for. */
    readonly name: string;
    readonly sentinels: readonly TestServer[];
    /** The master and its replicas; at the start the master comes first. */
    readonly servers: readonly TestServer[];
    /** The proxies of all servers where it was started with `proxied: true`; empty otherwise. Sentinels have none. */
    readonly proxies: readonly FaultProxy[];
    /** The server that the Sentinels name. */
    master(): Promise<TestServer>;
    /**
     * Resolves when all Sentinels that run name the same master and the servers that run are it and its replicas, which have
     * all that it wrote before the call.
     */
    settled(): Promise<void>;
    /**
     * Makes the Sentinels promote a replica, which has all that was written before the call, and resolves with it when all of
     * them name it and it takes writes. What clients write to the old master meanwhile is lost.
     * The old master becomes a replica about a second later; {@link settled} waits for that.
     */
    failover(): Promise<TestServer>;
    /** Ends all servers and Sentinels and removes all they left. */
    stop(): Promise<void>;
}

type TopologyKind = "standalone" | "cluster" | "sentinel";
/** What the suite wants a port to. */
interface ConformanceTarget {
    readonly kind: TopologyKind;
    /** The server; some nodes of the cluster; or the Sentinels. */
    readonly nodes: readonly {
        readonly host: string;
        readonly port: number;
    }[];
    /** What the Sentinels call the master; empty elsewhere. */
    readonly name: string;
    /** For the port. Where `readFrom` is not `master`, the client must be one that connects to replicas. */
    readonly options: PortOptions;
}
/** A port, and what its owner ends after it. */
interface OpenedPort {
    readonly port: RedisPort;
    /** Ends what `port.close()` leaves open: the client, where the port does not own it. */
    end?(): Promise<void> | void;
}
/** An adapter, to be proven. */
interface ConformanceSubject {
    /** A connected port, made as an application would: with the client's own defaults where the adapter does not ask for others. */
    open(target: ConformanceTarget): Promise<OpenedPort>;
    /** The adapter's `connect`; without it, what that must refuse is not checked. The same goes for the other two. */
    readonly connect?: (options: ConnectOptions) => Promise<RedisPort>;
    readonly connectCluster?: (options: ConnectClusterOptions) => Promise<RedisPort>;
    readonly connectSentinel?: (options: ConnectSentinelOptions) => Promise<RedisPort>;
}

/** The servers of one topology, each behind a proxy, on which checks are run one after the other. */
interface Stage {
    readonly target: Omit<ConformanceTarget, "options">;
    readonly servers: readonly TestServer[];
    /** There when the topology is a cluster. */
    readonly cluster: TestCluster | undefined;
    /** There when the topology has Sentinels. */
    readonly sentinel: TestSentinel | undefined;
    masters(): Promise<readonly TestServer[]>;
    /** The server that has the key. */
    serverOf(key: string): Promise<TestServer>;
    /** As it was: all servers run, agree, and are reached. `settle`: also when none was down. */
    heal(settle: boolean): Promise<void>;
    stop(): Promise<void>;
}

interface ConformanceOptions {
    /** The topologies that are checked. @default all three */
    readonly only?: readonly TopologyKind[];
    /** Servers to run on, shared with other subjects. @default servers of its own, ended by `close()` */
    readonly servers?: ConformanceServers;
    /** How often replies are cut at random in each topology. @default 60 */
    readonly cuts?: number;
    /** How often a port is opened, used and closed in the search for leaks. @default 200 */
    readonly cycles?: number;
    /** Where the random cuts fall and what is under way then. @default 1 */
    readonly seed?: number;
    /** Gets a line on what was measured, such as the writes that a failover lost. @default drops it */
    readonly print?: (line: string) => void;
}
/** One promise of the port, put to the test. */
interface ConformanceCheck {
    /** A sentence about what holds. */
    readonly name: string;
    readonly topology: TopologyKind;
    /** How long {@link run} may take, in milliseconds; it rejects by itself after that. */
    readonly limitMs: number;
    /** Rejects with what does not hold. Checks that share servers are run one after the other. */
    run(): Promise<void>;
}
interface Conformance extends AsyncDisposable {
    readonly checks: readonly ConformanceCheck[];
    /** Ends the servers, unless they were given. */
    close(): Promise<void>;
}
/** The servers that checks run on: started with the first check that needs them, healed after each. */
declare class ConformanceServers implements AsyncDisposable {
    #private;
    /** @internal */
    stage(kind: TopologyKind): Promise<Stage>;
    close(): Promise<void>;
    [Symbol.asyncDispose](): Promise<void>;
}
/**
 * Every promise of the port, as checks for any test runner: register each under its name, run them one after the other, and
 * call `close()` at the end. They need nothing but the servers, which they start themselves as `startServer()` and its like
 * do, and reach through proxies that delay, cut, swallow and count.
 *
 * ```ts
 * const suite = portConformance({ open: async (target) => … });
 * afterAll(() => suite.close());
 * for (const check of suite.checks) test(`${check.topology}: ${check.name}`, () => check.run());
 * ```
 */
declare function portConformance(subject: ConformanceSubject, options?: ConformanceOptions): Conformance;

/** Which server programs are used. */
type ServerSource = {
    readonly kind: "program";
    readonly name: "redis" | "valkey";
    readonly version: string;
    /** The path of the server program. */
    readonly path: string;
} | {
    readonly kind: "image";
    /** The image that testcontainers runs. */
    readonly image: string;
};
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
declare function findServer(): Promise<ServerSource>;

interface ClusterOptions {
    /** @default 3, the fewest with which the cluster survives the loss of one */
    readonly masters?: number;
    /** How many replicas each master gets. @default 0 */
    readonly replicas?: number;
    /** The default user's password on every node. @default none */
    readonly password?: string;
    /** More options of every node, as on its command line. */
    readonly args?: readonly string[];
    /** Every node announces the port of a proxy of its own, so that clients reach each node through its `proxy`. @default false */
    readonly proxied?: boolean;
}
/**
 * Starts a cluster on 127.0.0.1 and resolves when all its slots are served and its replicas are in sync, after about
 * three seconds. Its nodes keep nothing on disk and end with this process at the latest.
 *
 * @throws {NoServerError} there is no server to start, see {@link findServer}
 * @throws {ServerStartError} a node did not come up, with what it printed
 * @throws {InvalidArgumentError} an option is not usable
 */
declare function startCluster(options?: ClusterOptions): Promise<TestCluster>;

interface SentinelOptions {
    /** @default 2 */
    readonly replicas?: number;
    /** More than half of them must agree that the master is down. @default 3 */
    readonly sentinels?: number;
    /** The default user's password on master and replicas. @default none */
    readonly password?: string;
    /** The default user's password on the Sentinels. @default none */
    readonly sentinelPassword?: string;
    /** More options of master and replicas, as on the command line. */
    readonly args?: readonly string[];
    /** Sentinels name the port of a proxy for each server, so that clients reach each server through its `proxy`. @default false */
    readonly proxied?: boolean;
}
/**
 * Starts a master, its replicas and Sentinels on 127.0.0.1 and resolves when the replicas are in sync and every Sentinel
 * knows them all, after about three seconds. Nothing is kept on disk, and all end with this process at the latest.
 *
 * @throws {NoServerError} there is no server to start, see {@link findServer}
 * @throws {ServerStartError} a server did not come up, with what it printed
 * @throws {InvalidArgumentError} an option is not usable
 */
declare function startSentinel(options?: SentinelOptions): Promise<TestSentinel>;

interface ServerOptions {
    /** More options of the server, as on its command line: `["--maxmemory", "10mb"]`. */
    readonly args?: readonly string[];
    /** The default user's password. @default none */
    readonly password?: string;
    /** Speaks TLS only, with a certificate made for this server; its clients trust {@link TestServer.ca}. @default false */
    readonly tls?: boolean;
    /** @default a free one between 10 000 and 20 000 */
    readonly port?: number;
    /** `"aof"` writes every change to disk before it answers, so that {@link TestServer.restart} keeps the data. @default "none" */
    readonly persistence?: "none" | "aof";
    /** Clients reach the server through {@link TestServer.proxy}. Not with `tls`, which a proxy cannot read. @default false */
    readonly proxied?: boolean;
    /** For tests that kill or freeze the server: start one even where `REDIS_URL` gives one. @default false */
    readonly owned?: boolean;
}
/**
 * Starts a standalone server on 127.0.0.1 and resolves when it answers. It is empty, keeps nothing on disk unless asked
 * to, and ends with this process at the latest, even if this process is killed.
 *
 * Called without options where `REDIS_URL` is set, it gives that server instead, `owned: false`.
 *
 * @throws {NoServerError} there is no server to start, see {@link findServer}
 * @throws {ServerStartError} it did not come up, with what it printed
 * @throws {InvalidArgumentError} an option, or `REDIS_URL`, is not usable
 */
declare function startServer(options?: ServerOptions): Promise<TestServer>;

export { ConformanceServers, ControlConnectionError, NoServerError, NotOwnedError, ReplyError, ServerStartError, WaitTimeoutError, findServer, portConformance, startCluster, startProxy, startSentinel, startServer };
export type { ClientType, ClusterNode, ClusterOptions, CommandMatch, Conformance, ConformanceCheck, ConformanceOptions, ConformanceSubject, ConformanceTarget, FaultProxy, OpenedPort, ProxyTarget, SentinelOptions, ServerOptions, ServerSource, ServerVersion, SwallowOptions, TestCluster, TestReply, TestSentinel, TestServer, TopologyKind };
