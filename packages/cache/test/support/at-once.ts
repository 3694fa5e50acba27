import { spawnSync } from "node:child_process";
import { Names } from "../../src/names.ts";

/** What another process does to a key when it deletes it, done before this returns: nothing of this process runs meanwhile. */
export function deletedAtOnce(url: string, namespace: string, key: string): void {
	const names = new Names(namespace);
	const program = `
		import { Redis } from "ioredis";
		const [url, ...keys] = process.argv.slice(1);
		const redis = new Redis(url);
		await redis.del(...keys);
		redis.disconnect();`;
	const args = ["--input-type=module", "--eval", program, "--", url, names.value(key), names.lease(key)];
	const { status, stderr } = spawnSync(process.execPath, args, {
		cwd: import.meta.dirname,
		encoding: "utf8",
	});
	if (status !== 0) throw new Error(`The other process failed: ${stderr}`);
}
