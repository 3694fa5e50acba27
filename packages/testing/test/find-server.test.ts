import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { hasContainerRuntime } from "../src/containers.ts";
import { chooseServer } from "../src/source.ts";

const root = mkdtempSync(join(tmpdir(), "rk-test-find-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** A folder with programs that only say what they are. */
function folder(name: string, programs: Readonly<Record<string, string>>): string {
	const path = join(root, name);
	mkdirSync(path, { recursive: true });
	for (const [program, says] of Object.entries(programs)) {
		writeFileSync(join(path, program), `#!/bin/sh\necho "${says} sha=00000000:0 malloc=libc"\n`);
		chmodSync(join(path, program), 0o755);
	}
	return path;
}

const redis = folder("redis", { "redis-server": "Redis server v=7.0.15" });
const valkey = folder("valkey", { "valkey-server": "Valkey server v=8.1.1" });
const other = folder("other", { "other-server": "Other server v=1" });
const empty = folder("empty", {});

describe("the choice of a server", () => {
	it("is the program that RK_REDIS_SERVER names, before any on the PATH", async () => {
		const named = join(valkey, "valkey-server");
		expect(await chooseServer({ RK_REDIS_SERVER: named, PATH: redis })).toEqual({
			...{ kind: "program", name: "valkey", version: "8.1.1", path: named },
		});
	});

	it.each([join(other, "other-server"), join(empty, "redis-server"), empty])(
		"is never another than RK_REDIS_SERVER names, even if that is no server: %s",
		async (path) => {
			await expect(chooseServer({ RK_REDIS_SERVER: path, PATH: redis })).rejects.toMatchObject({
				code: "RK_NO_SERVER",
				message: expect.stringContaining(path),
			});
		},
	);

	it("is redis-server on the PATH, or else valkey-server", async () => {
		expect(await chooseServer({ PATH: `${empty}:${valkey}:${redis}` })).toMatchObject({
			path: `${redis}/redis-server`,
		});
		expect(await chooseServer({ PATH: `${empty}:${valkey}` })).toMatchObject({
			name: "valkey",
			version: "8.1.1",
		});
	});

	it("is an image where only a container runtime is there", async ({ skip }) => {
		skip(!(await hasContainerRuntime()), "no container runtime answers");
		expect(await chooseServer({ PATH: empty })).toEqual({ kind: "image", image: "redis:8-alpine" });
		expect(await chooseServer({ PATH: empty, RK_REDIS_IMAGE: "valkey:9" })).toMatchObject({
			image: "valkey:9",
		});
	});

	it("is the distribution's own package where nothing else is there, from the cache if it was unpacked before", async ({
		skip,
	}) => {
		skip(await hasContainerRuntime(), "a container runtime answers, which comes first");
		const release = readFileSync("/etc/os-release", "utf8");
		const [, codename] = /^VERSION_CODENAME=(.*)$/m.exec(release) ?? [];
		skip(!/^ID=(debian|ubuntu)$/m.test(release), "this is neither Debian nor Ubuntu");
		const architecture = execFileSync("/usr/bin/dpkg", ["--print-architecture"], { encoding: "utf8" }).trim();
		folder(`cache/rk-testing/${codename}-${architecture}`, { server: "Redis server v=7.7.7" });
		expect(await chooseServer({ PATH: empty, XDG_CACHE_HOME: join(root, "cache") })).toMatchObject({
			version: "7.7.7",
		});
	});

	it("is the distribution's own package, fetched and unpacked", { timeout: 120_000 }, async ({ skip }) => {
		skip(process.env["RK_TEST_FETCH"] !== "1", "it downloads 10 MB; RK_TEST_FETCH=1 runs it");
		skip(await hasContainerRuntime(), "a container runtime answers, which comes first");
		const source = { PATH: empty, XDG_CACHE_HOME: join(root, "fetched") };
		const [first, second] = await Promise.all([chooseServer(source), chooseServer(source)]); // one of them waits
		expect(first).toMatchObject({ kind: "program", version: expect.stringMatching(/^\d+\.\d+\.\d+$/) });
		expect(second).toEqual(first);
	});

	it("fails with all that can be done about it where there is none", async ({ skip }) => {
		skip(await hasContainerRuntime(), "a container runtime answers");
		writeFileSync(join(root, "file"), ""); // so that no cache can be made in it
		const none = chooseServer({ XDG_CACHE_HOME: join(root, "file") }); // nor a PATH
		await expect(none).rejects.toMatchObject({ name: "NoServerError", code: "RK_NO_SERVER" });
		await expect(none).rejects.toThrow(/apt install redis-server.*RK_REDIS_SERVER.*Docker.*REDIS_URL/s);
	});
});
