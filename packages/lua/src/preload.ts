import { type CallOptions, type CommandError, type RedisPort, RkError, scriptLoad } from "@rk/client";
import type { AnyScript } from "./define-script.ts";
import { publish } from "./diagnostics.ts";
import { PreloadError } from "./errors.ts";

/** How long a load that nobody waits for may take; the next event begins another. */
const BACKGROUND_MS = 5_000;

/** Keeps scripts known to every master, from the first `load()` on. */
export class Preload {
	readonly #redis: RedisPort;
	readonly #sources: readonly string[];
	#off: readonly (() => void)[] = [];
	#stop = new AbortController();
	#running: Promise<void> | undefined;
	#again = false;

	constructor(redis: RedisPort, scripts: readonly AnyScript[]) {
		this.#redis = redis;
		this.#sources = [...new Set(scripts.map(({ source }) => source))];
	}

	async load(options?: CallOptions): Promise<void> {
		if (this.#off.length === 0) {
			const changed = (): void => this.#loadSoon();
			this.#off = [this.#redis.on("up", changed), this.#redis.on("topology", changed)];
		}
		const failed = await this.#loadAll(options);
		// The caller's own doing is no failure of the masters.
		for (const error of failed.values()) if (error.code === "RK_ABORTED") throw error;
		if (failed.size > 0) throw new PreloadError(failed);
	}

	async close(): Promise<void> {
		for (const off of this.#off) off();
		this.#off = [];
		this.#again = false;
		this.#stop.abort();
		this.#stop = new AbortController();
		await this.#running;
	}

	/** One at a time: what changes meanwhile is seen by the next. */
	#loadSoon(): void {
		if (this.#running !== undefined) {
			this.#again = true;
			return;
		}
		this.#running = this.#loadAgain().finally(() => {
			this.#running = undefined;
		});
	}

	async #loadAgain(): Promise<void> {
		const { signal } = this.#stop;
		do {
			this.#again = false;
			try {
				await this.#loadAll({ timeoutMs: BACKGROUND_MS, signal });
			} catch (error) {
				// Of a port that closes, or loses its last node; the source goes along with the next call anyway.
				if (!(error instanceof RkError)) throw error;
			}
		} while (this.#again && !signal.aborted);
	}

	/** Loading what is known already is no waste: a script that came by EVAL alone may be evicted, one that was loaded is not. */
	async #loadAll(options?: CallOptions): Promise<ReadonlyMap<string, CommandError>> {
		const failed = new Map<string, CommandError>();
		const nodes = new Set<string>();
		const loads = this.#sources.map((source) => this.#redis.everyMaster(scriptLoad(source), options));
		for (const loaded of await Promise.all(loads)) {
			for (const [node, result] of loaded) {
				nodes.add(node);
				if (typeof result !== "string") failed.set(node, result);
			}
		}
		publish({ type: "preloaded", scripts: this.#sources.length, nodes: [...nodes], failed });
		return failed;
	}
}
