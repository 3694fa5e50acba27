import { access, chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { announce } from "./announce.ts";
import { withFileLock } from "./file-lock.ts";
import { type Distribution, download, runSystem } from "./private-apt.ts";

/** In the order of preference. */
const PACKAGES: readonly string[] = ["redis-server", "valkey-server"];
const COMPONENTS: Readonly<Record<string, string>> = { debian: "main", ubuntu: "main universe" };
const KEPT: readonly string[] = ["usr", "bin", "sbin", "lib", "lib64"];

async function exists(path: string): Promise<boolean> {
	return access(path).then(
		() => true,
		() => false,
	);
}

/** The distribution of this machine, if it is one whose package can be unpacked. */
async function thisDistribution(): Promise<Distribution | undefined> {
	const release = await readFile("/etc/os-release", "utf8").catch(() => "");
	const field = (name: string): string => new RegExp(`^${name}="?([^"\n]*)`, "m").exec(release)?.[1] ?? "";
	const [id, codename] = [field("ID"), field("VERSION_CODENAME")];
	const components = COMPONENTS[id];
	if (components === undefined || codename === "") return undefined;
	const tools = ["/usr/bin/apt-get", "/usr/bin/dpkg-deb", "/usr/bin/dpkg"];
	if (!(await Promise.all(tools.map(exists))).every(Boolean)) return undefined;
	const architecture = (await runSystem("dpkg", ["--print-architecture"])).trim();
	const keyring = `/usr/share/keyrings/${id}-archive-keyring.gpg`;
	return { codename, architecture, components, keyring };
}

/** Unpacks every package of `archives` into `root`, and keeps programs and libraries. */
async function unpack(archives: string, root: string): Promise<void> {
	await mkdir(root, { recursive: true });
	for (const file of await readdir(archives))
		if (file.endsWith(".deb")) await runSystem("dpkg-deb", ["--extract", join(archives, file), root]);
	for (const name of await readdir(root))
		if (!KEPT.includes(name)) await rm(join(root, name), { recursive: true, force: true });
	await rm(join(root, "usr/share"), { recursive: true, force: true });
}

/** Every folder of libraries in `root`, relative to it. */
async function libraryFolders(root: string): Promise<string[]> {
	const folders: string[] = [];
	for (const top of ["lib", "usr/lib"]) {
		const entries = await readdir(join(root, top), { withFileTypes: true }).catch(() => []);
		if (entries.length > 0) folders.push(top);
		for (const entry of entries)
			if (entry.isDirectory() && entry.name.includes("-linux-")) folders.push(`${top}/${entry.name}`);
	}
	return folders;
}

/** The loader that belongs to the libraries: the file itself, since the links to it name a place in the system's tree. */
async function findLoader(root: string, folders: readonly string[]): Promise<string | undefined> {
	for (const folder of folders) {
		const entries = await readdir(join(root, folder), { withFileTypes: true });
		const loader = entries.find((entry) => entry.isFile() && /^ld-.*\.so/.test(entry.name));
		if (loader !== undefined) return `${folder}/${loader.name}`;
	}
	return undefined;
}

/**
 * A script that starts the unpacked server with the loader and libraries it was unpacked with, from wherever the folder
 * is: the system may lack some, or have others.
 */
export async function launcherFor(root: string): Promise<string> {
	const programs = await readdir(join(root, "usr/bin"));
	const program = PACKAGES.find((name) => programs.includes(name));
	const folders = await libraryFolders(root);
	const loader = await findLoader(root, folders);
	if (program === undefined || loader === undefined)
		throw new Error(`the package has no ${program === undefined ? "server" : "loader"}`);
	return `#!/bin/sh
root=$(dirname "$(readlink -f "$0")")/root
exec "$root/${loader}" --library-path "${folders.map((folder) => `$root/${folder}`).join(":")}" "$root/usr/bin/${program}" "$@"
`;
}

/** Makes `folder` with the launcher `server` in it, all at once. */
async function build(folder: string, distribution: Distribution): Promise<void> {
	const work = await mkdtemp(`${folder}.`);
	try {
		const made = join(work, "made");
		await download(work, distribution, PACKAGES);
		await unpack(join(work, "archives"), join(made, "root"));
		const launcher = join(made, "server");
		await writeFile(launcher, await launcherFor(join(made, "root")));
		await chmod(launcher, 0o755);
		await runSystem(launcher, ["--version"]);
		await rename(made, folder);
	} finally {
		await rm(work, { recursive: true, force: true });
	}
}

/**
 * The path of the distribution's own server, fetched and unpacked into the user's cache folder if it is not there yet;
 * `undefined` where this machine's distribution is none that this is known for. Needs neither root nor an installation.
 */
export async function distributionServer(
	environment: Readonly<Record<string, string | undefined>>,
): Promise<string | undefined> {
	const distribution = await thisDistribution();
	if (distribution === undefined) return undefined;
	const cache = join(
		environment["XDG_CACHE_HOME"] || join(environment["HOME"] || homedir(), ".cache"),
		"rk-testing",
	);
	const folder = join(cache, `${distribution.codename}-${distribution.architecture}`);
	const launcher = join(folder, "server");
	if (await exists(launcher)) return launcher;
	await mkdir(cache, { recursive: true });
	await withFileLock(`${folder}.lock`, async () => {
		if (await exists(launcher)) return;
		announce(`fetching ${PACKAGES[0]} from the archive of ${distribution.codename}, once, into ${folder}`);
		await build(folder, distribution);
	});
	return launcher;
}
