import { Redis } from "ioredis";
import type { Node } from "./subject.ts";

/** Comes back soon after a fault, and has no errors that nobody hears. */
export function openIoredis({ host, port }: Node): Redis {
	const redis = new Redis({ host, port, retryStrategy: (times) => Math.min(20 * times, 200) });
	return redis.on("error", () => {});
}

/** The first of a subject's nodes, for libraries that know one server. */
export function onlyNode(nodes: readonly Node[]): Node {
	const [node] = nodes;
	if (node === undefined) throw new Error("There is no server");
	return node;
}
