import { type Args, type Command, write } from "./command.ts";
import { listOf, text, tupleOf } from "./decode.ts";
import type { Link } from "./driver.ts";
import { notConnected } from "./not-connected.ts";
import type { ScanOptions } from "./port.ts";

const page = tupleOf(text, listOf(text));

/** SCAN over every master, one after the other. Empty pages are left out. */
export async function* scanAll(
	masters: () => Promise<ReadonlyMap<string, Link | undefined>>,
	sendOn: (link: Link, command: Command<[string, string[]]>) => Promise<[string, string[]]>,
	options: ScanOptions,
): AsyncGenerator<string[], void, undefined> {
	const rest = [
		...(options.match === undefined ? [] : ["MATCH", options.match]),
		...(options.count === undefined ? [] : ["COUNT", String(options.count)]),
		...(options.type === undefined ? [] : ["TYPE", options.type]),
	];
	for (const [node, link] of await masters()) {
		let cursor = "0";
		do {
			const args: Args = ["SCAN", cursor, ...rest];
			const scan = write(args, undefined, page);
			if (link === undefined) throw notConnected(node, scan);
			const [next, keys] = await sendOn(link, scan);
			if (keys.length > 0) yield keys;
			cursor = next;
		} while (cursor !== "0");
	}
}
