import { type Command, raw, write } from "./command.ts";
import { canonical, text } from "./decode.ts";
import { ConnectError } from "./errors.ts";
import type { CallOptions, RedisPort } from "./port.ts";

const SLOTS = 16_384;

/** `standalone`, `cluster` or `sentinel`. HELLO without arguments changes nothing, and every user may run it. */
const MODE: Command<unknown> = write(["HELLO"], undefined, (reply) => {
	const facts = canonical(reply);
	return Array.isArray(facts) ? facts[facts.indexOf("mode") + 1] : undefined;
});

/**
 * Refuses, for a client of one server, a server that is one of several: it would turn away whatever keys are not its own, one
 * by one. A cluster of a single node has them all, and is as good as a server of its own.
 *
 * @throws {ConnectError} `cluster-node`
 */
export async function refuseClusterNode(port: RedisPort, where: string, limits: CallOptions): Promise<void> {
	// What stands between may know neither command, and the user may not be permitted the second: the keys will tell.
	const mode = await port.command(MODE, limits).catch(() => "unknown");
	if (mode !== "cluster") return;
	const nodes = await port
		.command(raw(["CLUSTER", "NODES"], { decode: text }), limits)
		.catch(() => undefined);
	const served = nodes === undefined ? SLOTS : ownSlots(nodes);
	if (served === SLOTS) return;
	const what = `it is a node of a cluster, with ${served} of the ${SLOTS} slots; use connectCluster()`;
	throw new ConnectError("cluster-node", where, what);
}

/** How many slots the server that gave this list has: a replica has none. */
function ownSlots(nodes: string): number {
	const own = nodes.split("\n").find((line) => line.split(" ")[2]?.split(",").includes("myself"));
	const ranges = own?.split(" ").slice(8) ?? [];
	return ranges.reduce((sum, range) => {
		const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(range) ?? []; // in brackets: a slot on its way
		return first === undefined ? sum : sum + Number(last) - Number(first) + 1;
	}, 0);
}
