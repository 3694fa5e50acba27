import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { logText } from "../src/containers.ts";
import { launcherFor } from "../src/distribution.ts";
import { download } from "../src/private-apt.ts";

const base = mkdtempSync(join(tmpdir(), "rk-test-unpacked-"));
afterAll(() => rmSync(base, { recursive: true, force: true }));

/** A folder in which these files stand for what a package unpacks. */
function unpacked(name: string, files: Readonly<Record<string, string>>): string {
	const root = join(base, name, "root");
	mkdirSync(join(root, "usr/bin"), { recursive: true });
	for (const [path, content] of Object.entries(files)) {
		mkdirSync(dirname(join(root, path)), { recursive: true });
		writeFileSync(join(root, path), content);
		chmodSync(join(root, path), 0o755);
	}
	return root;
}

// Broken on purpose: the launcher without --library-path. The "loader" said that it got none.
it("an unpacked server is started by its own loader with its own libraries, wherever the folder is", async () => {
	const root = unpacked("whole", {
		"usr/bin/valkey-server": "",
		"usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2": '#!/bin/sh\nprintf "%s\\n" "$@"\n',
		"lib/aarch64-linux-gnu/libc.so.6": "",
	});
	const launcher = join(dirname(root), "server");
	writeFileSync(launcher, await launcherFor(root));
	chmodSync(launcher, 0o755);
	const [option, libraries, program, ...args] = execFileSync(launcher, ["--port", "7"], { encoding: "utf8" })
		.trimEnd()
		.split("\n");
	expect([option, ...(libraries?.split(":") ?? [])]).toEqual([
		"--library-path",
		...["lib", "lib/aarch64-linux-gnu", "usr/lib", "usr/lib/x86_64-linux-gnu"].map((at) => join(root, at)),
	]);
	expect([program, ...args]).toEqual([join(root, "usr/bin/valkey-server"), "--port", "7"]);
});

it.each([
	["server", { "lib/x86_64-linux-gnu/ld-linux-x86-64.so.2": "" }],
	["loader", { "usr/bin/redis-server": "", "lib/x86_64-linux-gnu/libc.so.6": "" }],
])("a package without a %s is not taken for a server", async (what, files) => {
	await expect(launcherFor(unpacked(`no-${what}`, files))).rejects.toThrow(`the package has no ${what}`);
});

it("a distribution that this machine has no archive of is named", async ({ skip }) => {
	skip(!existsSync("/usr/bin/apt-get"), "there is no apt-get");
	const distribution = {
		codename: "nonesuch",
		architecture: "amd64",
		components: "main",
		keyring: "/nowhere",
	};
	await expect(download(join(base, "apt"), distribution, ["redis-server"])).rejects.toThrow(
		"this machine has no apt source for nonesuch",
	);
});

it("a container's log is read without what is put before each of its pieces", () => {
	const piece = (kind: number, text: string): Buffer => {
		const head = Buffer.alloc(8);
		head.writeUInt8(kind);
		head.writeUInt32BE(Buffer.byteLength(text), 4);
		return Buffer.concat([head, Buffer.from(text)]);
	};
	expect(logText(Buffer.concat([piece(1, "ready to "), piece(2, "accept\n")]))).toBe("ready to accept\n");
	expect(logText(Buffer.alloc(0))).toBe("");
});
