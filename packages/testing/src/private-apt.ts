import { execFile } from "node:child_process";
import { access, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const PATIENCE_MS = 5 * 60_000;
const SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Runs a program of the system, with all that it may start itself, whatever this process has on its `PATH`. */
export async function runSystem(program: string, args: readonly string[]): Promise<string> {
	const { stdout } = await promisify(execFile)(program, args, {
		env: { ...process.env, PATH: SYSTEM_PATH, LC_ALL: "C" },
		timeout: PATIENCE_MS,
		maxBuffer: 16 << 20,
	});
	return stdout;
}

/** A distribution whose archive is asked. */
export interface Distribution {
	readonly codename: string;
	readonly architecture: string;
	/** The archive's components, as in `main universe`. */
	readonly components: string;
	/** Whose signature the archive must have; where there is no such file, apt's own trusted keys. */
	readonly keyring: string;
}

/** Dependencies that only a package's installation needs; nothing is installed, so they are declared as being there. */
const DECLARED: readonly string[] = [
	...[
		"adduser",
		"passwd",
		"base-passwd",
		"debconf",
		"init-system-helpers",
		"sysvinit-utils",
		"lsb-base",
		"procps",
	],
	...[
		"systemd",
		"libpam0g",
		"libpam-modules",
		"libpam-modules-bin",
		"libsemanage2",
		"openssl-provider-legacy",
	],
];

/**
 * apt with its state, lists, cache and idea of what is installed in `folder`: the system's own are read only for where
 * the archive is and how to reach it, and none of the system's hooks runs.
 */
function configuration(folder: string, { architecture }: Distribution): string {
	const hooks = ["APT::Update::Pre-Invoke", "APT::Update::Post-Invoke", "APT::Update::Post-Invoke-Success"];
	const settings: Readonly<Record<string, string>> = {
		"Dir::State": folder,
		"Dir::State::Lists": join(folder, "lists"),
		"Dir::State::status": join(folder, "status"),
		"Dir::Cache": folder,
		"Dir::Cache::archives": join(folder, "archives"),
		"Dir::Cache::pkgcache": "",
		"Dir::Cache::srcpkgcache": "",
		"Dir::Etc::sourcelist": join(folder, "sources.list"),
		"Dir::Etc::sourceparts": "/dev/null",
		"Dir::Etc::preferences": "/dev/null",
		"Dir::Etc::preferencesparts": "/dev/null",
		"Dir::Log": folder,
		"APT::Install-Recommends": "false",
		"APT::Sandbox::User": "", // nobody to become: all folders are ours
		"Acquire::Languages": "none",
		"Acquire::Retries": "2",
		"Acquire::http::Timeout": "30",
		"Acquire::https::Timeout": "30",
	};
	return [
		...hooks.map((hook) => `#clear ${hook};`),
		"#clear APT::Architectures;",
		`APT::Architectures { "${architecture}"; };`,
		...Object.entries(settings).map(([name, value]) => `${name} "${value}";`),
		"",
	].join("\n");
}

/** The archive's addresses for the distribution's own suite and its updates, as this machine is set up to reach them. */
async function sources({ codename, components, keyring }: Distribution): Promise<string> {
	const uris = await runSystem("apt-get", ["--print-uris", "update"]);
	const suites = [codename, `${codename}-updates`, `${codename}-security`];
	const signed = await access(keyring).then(
		() => `[signed-by=${keyring}] `,
		() => "",
	);
	const found = [...uris.matchAll(/^'(\S+)\/dists\/([^/']+)\/InRelease'/gm)];
	const lines = found
		.filter(([, , suite = ""]) => suites.includes(suite))
		.map(([, address, suite]) => `deb ${signed}${address} ${suite} ${components}\n`);
	if (lines.length === 0) throw new Error(`this machine has no apt source for ${codename}`);
	return [...new Set(lines)].join("");
}

function status({ architecture }: Distribution): string {
	const fields = ["Status: install ok installed", "Version: 999:1", `Architecture: ${architecture}`];
	const rest = [...fields, "Multi-Arch: foreign", "Maintainer: none", "Description: declared", "", ""].join(
		"\n",
	);
	return DECLARED.map((name) => `Package: ${name}\n${rest}`).join("");
}

/**
 * Downloads the first of `packages` that the distribution has, with all it needs to run, into `folder`/archives.
 * Needs no root; every file is verified by the archive's signature.
 */
export async function download(
	folder: string,
	distribution: Distribution,
	packages: readonly string[],
): Promise<void> {
	for (const name of ["lists/partial", "archives/partial"])
		await mkdir(join(folder, name), { recursive: true });
	const conf = join(folder, "apt.conf");
	await writeFile(conf, configuration(folder, distribution));
	await writeFile(join(folder, "sources.list"), await sources(distribution));
	await writeFile(join(folder, "status"), status(distribution));
	const apt = (...args: readonly string[]): Promise<unknown> =>
		runSystem("apt-get", ["-c", conf, "-qq", ...args]);

	let failure: unknown;
	try {
		await apt("update");
	} catch (cause) {
		failure = cause; // one address of several may be down: what counts is whether a package comes
	}
	for (const name of packages) {
		try {
			await apt("-y", "--download-only", "install", name);
			return;
		} catch (cause) {
			failure ??= cause;
		}
	}
	throw new Error(`apt-get could not fetch ${packages.join(" or ")}: ${failure}`, { cause: failure });
}
