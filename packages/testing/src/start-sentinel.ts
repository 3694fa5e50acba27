import { checkInteger, checkKnown, InvalidArgumentError } from "@rk/client";
import { type Site, withHost } from "./hosts.ts";
import { baseArgs, launchServer, login } from "./launch.ts";
import { type Host, PID_FILE } from "./machine.ts";
import { RunningServer } from "./running-server.ts";
import { MASTER_NAME, RunningSentinel, type TestSentinel } from "./sentinel.ts";

export interface SentinelOptions {
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

/** With the number of Sentinels, of which more than half must agree. */
type Group = SentinelOptions & { readonly sentinels: number };

async function launchOne(
	host: Host,
	site: Site,
	master: Site,
	options: SentinelOptions,
): Promise<RunningServer> {
	const { password, args = [] } = options;
	const { port, publicPort, proxy } = site;
	const launch = {
		port,
		args: [
			...baseArgs(host, port),
			...["--replica-announce-ip", "127.0.0.1", "--replica-announce-port", `${publicPort}`],
			...(site === master ? [] : ["--replicaof", "127.0.0.1", `${master.publicPort}`]),
			...(password === undefined ? [] : ["--requirepass", password, "--masterauth", password]),
			...args,
		],
	};
	const launched = await launchServer(host, launch, login(password));
	return new RunningServer({ ...launched, host: "127.0.0.1", port, proxy, password });
}

/** A Sentinel rewrites its configuration as it learns, so it takes a file, not options. */
function sentinelConfiguration(host: Host, port: number, master: Site, group: Group): string {
	const { sentinels, password, sentinelPassword } = group;
	return [
		`port ${port}`,
		`bind ${host.bind}`,
		"protected-mode no",
		`pidfile ${PID_FILE}`,
		"sentinel announce-ip 127.0.0.1",
		`sentinel announce-port ${port}`,
		`sentinel monitor ${MASTER_NAME} 127.0.0.1 ${master.publicPort} ${Math.floor(sentinels / 2) + 1}`,
		`sentinel down-after-milliseconds ${MASTER_NAME} 1000`,
		`sentinel failover-timeout ${MASTER_NAME} 5000`,
		`sentinel parallel-syncs ${MASTER_NAME} 5`,
		...(password === undefined ? [] : [`sentinel auth-pass ${MASTER_NAME} ${JSON.stringify(password)}`]),
		...(sentinelPassword === undefined ? [] : [`requirepass ${JSON.stringify(sentinelPassword)}`]),
		"",
	].join("\n");
}

async function launchSentinel(
	host: Host,
	{ port }: Site,
	master: Site,
	group: Group,
): Promise<RunningServer> {
	const { sentinelPassword } = group;
	const files = { "sentinel.conf": sentinelConfiguration(host, port, master, group) };
	const launch = { port, args: ["sentinel.conf", "--sentinel"], files };
	const launched = await launchServer(host, launch, login(sentinelPassword));
	// By default an old master is made a replica only after 8 to 20 seconds, and Sentinels need 2 to find each other.
	await launched.control.command("SENTINEL", "DEBUG", "INFO-PERIOD", 500, "PUBLISH-PERIOD", 250);
	return new RunningServer({ ...launched, host: "127.0.0.1", port, password: sentinelPassword });
}

/**
 * Starts a master, its replicas and Sentinels on 127.0.0.1 and resolves when the replicas are in sync and every Sentinel
 * knows them all, after about three seconds. Nothing is kept on disk, and all end with this process at the latest.
 *
 * @throws {NoServerError} there is no server to start, see {@link findServer}
 * @throws {ServerStartError} a server did not come up, with what it printed
 * @throws {InvalidArgumentError} an option is not usable
 */
export async function startSentinel(options: SentinelOptions = {}): Promise<TestSentinel> {
	checkKnown("", options, ["replicas", "sentinels", "password", "sentinelPassword", "args", "proxied"]);
	const { replicas = 2, sentinels = 3, proxied = false } = options;
	checkInteger("replicas", replicas, 0, 10);
	checkInteger("sentinels", sentinels, 1, 10);

	const servers = 1 + replicas;
	const sites = { ports: servers + sentinels, proxied: proxied ? servers : 0 };
	return withHost(sites, async (host, [master, ...others]) => {
		if (master === undefined) throw new InvalidArgumentError("replicas", replicas, "0 or more");
		const launch = (site: Site): Promise<RunningServer> => launchOne(host, site, master, options);
		const first = await launch(master); // before its replicas, which would wait a second before they try again
		const group = [first, ...(await Promise.all(others.slice(0, replicas).map(launch)))];
		const watchers = await Promise.all(
			others.slice(replicas).map((site) => launchSentinel(host, site, master, { ...options, sentinels })),
		);
		const sentinel = new RunningSentinel(group, watchers, host);
		await sentinel.settled();
		return sentinel;
	});
}
