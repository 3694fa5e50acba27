import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as shared from "../../../../test/bundle.ts";

export type { Edit } from "../../../../test/bundle.ts";

/** A program for bare Node.js, which is removed when it is disposed of. */
export interface Program extends Disposable {
	readonly path: string;
}

const SOURCES = new URL("../../src/", import.meta.url);
const PLACE = fileURLToPath(new URL("../../.cache/", import.meta.url));
const IMPORTED = [
	...["ioredis", "ioredis-5", "redis", "lru-cache", "msgpackr"],
	...["@keyv/redis", "async-cache-dedupe", "bentocache", "bentocache/*", "cache-manager", "cacheable"],
	"layered-loader",
];

/** Makes one program of a worker, with edits made to the sources of this package. */
export async function bundle(entry: URL, edits: readonly shared.Edit[] = []): Promise<Program> {
	mkdirSync(PLACE, { recursive: true });
	const directory = mkdtempSync(join(PLACE, "program-"));
	const remove = (): void => rmSync(directory, { recursive: true, force: true });
	try {
		const path = await shared.bundle({ entry, sources: SOURCES, imported: IMPORTED, directory, edits });
		return { path, [Symbol.dispose]: remove };
	} catch (error) {
		remove();
		throw error;
	}
}
