import type { StartedTestContainer } from "testcontainers";
import { ServerStartError } from "./errors.ts";
import { type Host, type Launch, type Machine, PID_FILE } from "./machine.ts";

/**
 * How servers get addresses that are the same for each other and for this process: `host` shares this machine's network
 * (Linux); in `shared`, one idle container publishes all ports, and the servers' containers live in its network.
 */
export type ContainerNetwork = "host" | "shared";

const DIRECTORY = "/rk-testing";
const DAY_SECONDS = "86400";

type Testcontainers = typeof import("testcontainers");
type Runtime = Awaited<ReturnType<Testcontainers["getContainerRuntimeClient"]>>;
type Container = ReturnType<Runtime["container"]["getById"]>;

/** Whether testcontainers is installed and a container runtime answers. */
export async function hasContainerRuntime(): Promise<boolean> {
	try {
		const { getContainerRuntimeClient } = await import("testcontainers");
		await getContainerRuntimeClient();
		return true;
	} catch {
		return false;
	}
}

/** The text of a container's log, where every piece has eight bytes before it: kind, nothing, and length. */
export function logText(log: Buffer): string {
	const pieces: Buffer[] = [];
	for (let at = 0; at + 8 <= log.length; ) {
		const end = at + 8 + log.readUInt32BE(at + 4);
		pieces.push(log.subarray(at + 8, end));
		at = end;
	}
	return Buffer.concat(pieces).toString();
}

class ServerContainer implements Machine {
	readonly pid = undefined;
	readonly #started: StartedTestContainer;
	/** testcontainers itself can neither kill nor pause. */
	readonly #container: Container;
	#running = true;
	#paused = false;

	constructor(started: StartedTestContainer, container: Container) {
		this.#started = started;
		this.#container = container;
	}

	get running(): boolean {
		return this.#running;
	}

	async serverPid(): Promise<number | undefined> {
		const { State } = await this.#container.inspect();
		this.#running = State.Running;
		if (!this.#running) return undefined;
		const { exitCode, stdout } = await this.#started.exec(["cat", PID_FILE]);
		return exitCode === 0 ? Number(stdout) : undefined;
	}

	async log(): Promise<string> {
		return logText(await this.#container.logs({ stdout: true, stderr: true }));
	}

	async start(): Promise<void> {
		await this.#container.start();
		this.#running = true;
	}

	async kill(): Promise<void> {
		if (!this.#running) return;
		await this.thaw(); // a paused container takes no signal
		await this.#started.exec(["rm", "-f", PID_FILE]);
		await this.#container.kill();
		await this.#container.wait();
		this.#running = false;
	}

	async freeze(): Promise<void> {
		if (this.#paused || !this.#running) return;
		await this.#container.pause();
		this.#paused = true;
	}

	async thaw(): Promise<void> {
		if (!this.#paused) return;
		await this.#container.unpause();
		this.#paused = false;
	}

	async remove(): Promise<void> {
		this.#running = false;
		await this.thaw();
		await this.#container.remove({ force: true, v: true }).catch(() => {}); // it is gone already
	}
}

/** Runs servers in containers of `image`. */
export async function containerHost(
	image: string,
	ports: readonly number[],
	network: ContainerNetwork = process.platform === "linux" ? "host" : "shared",
): Promise<Host> {
	const { GenericContainer, getContainerRuntimeClient, Wait } = await import("testcontainers");
	const runtime = await getContainerRuntimeClient();
	const machines: Machine[] = [];
	const start = (
		container: InstanceType<Testcontainers["GenericContainer"]>,
	): Promise<StartedTestContainer> =>
		container
			.withWaitStrategy(Wait.forAll([])) // we ask the server itself
			.start()
			.catch((cause) => {
				throw new ServerStartError(`A container of ${image} cannot be started: ${cause}`, "", { cause });
			});

	const published = ports.map((port) => ({ container: port, host: port }));
	const holder =
		network === "shared"
			? await start(
					new GenericContainer(image).withCommand(["sleep", DAY_SECONDS]).withExposedPorts(...published),
				)
			: undefined;

	return {
		bind: network === "host" ? "127.0.0.1" : "0.0.0.0",
		async launch({ args, files = {} }: Launch) {
			const copies = Object.entries(files).map(([name, content]) => ({
				...{ target: `${DIRECTORY}/${name}`, content, mode: 0o644 },
			}));
			const started = await start(
				new GenericContainer(image)
					.withNetworkMode(holder === undefined ? "host" : `container:${holder.getId()}`)
					.withWorkingDir(DIRECTORY)
					.withCopyContentToContainer(copies)
					.withCommand([...args]),
			);
			const machine = new ServerContainer(started, runtime.container.getById(started.getId()));
			machines.push(machine);
			return machine;
		},
		async close() {
			await Promise.all(machines.map((machine) => machine.remove()));
			await holder?.stop({ timeout: 0 });
		},
	};
}
