import { onAbort } from "./abort-audience.ts";
import { backoffMs, pause } from "./backoff.ts";
import { callBack } from "./call-back.ts";
import { checkFunction, checkTexts } from "./check.ts";
import type { DeadlineWheel } from "./deadline-wheel.ts";
import type { Driver, OwnLink } from "./driver.ts";
import { ConnectionError, InvalidArgumentError, ServerError } from "./errors.ts";
import { keepAlive } from "./keep-alive.ts";
import { checkCallOptions, endedBefore, Patience, type Waiting } from "./patience.ts";
import type { Subscription, TrackRequest } from "./port.ts";

/** Where the server puts invalidations for a client of the older protocol. */
const CHANNEL = "__redis__:invalidate";

const REQUEST: readonly string[] = [
	"prefixes",
	"onInvalidate",
	"onGap",
	"timeoutMs",
	"signal",
] satisfies (keyof TrackRequest)[];

/** Keeps one connection per master that receives invalidations. */
export class Tracking {
	readonly #driver: Driver;
	readonly #request: TrackRequest;
	readonly #connectTimeoutMs: number;
	readonly #nodes = new Map<string, TrackedNode>();
	readonly #offTopology: (() => void) | undefined;
	/** Every master has confirmed it: whatever is new from now on comes after a gap. */
	#begun = false;
	#offSignal: (() => void) | undefined;
	#closed = false;

	private constructor(driver: Driver, request: TrackRequest, connectTimeoutMs: number) {
		this.#driver = driver;
		this.#request = request;
		this.#connectTimeoutMs = connectTimeoutMs;
		this.#offTopology = driver.cluster?.onTopology(() => this.#follow());
	}

	static async start(
		driver: Driver,
		wheel: DeadlineWheel,
		beginning: Waiting,
		closed: boolean,
		request: TrackRequest,
		timeouts: { readonly connectMs: number; readonly totalMs: number | undefined },
	): Promise<Tracking> {
		checkCallOptions(request, REQUEST);
		checkPrefixes(request.prefixes);
		checkFunction("onInvalidate", request.onInvalidate);
		checkFunction("onGap", request.onGap);
		const before = endedBefore(closed, request.signal);
		if (before !== undefined) throw before;
		const tracking = new Tracking(driver, request, timeouts.connectMs);
		try {
			await new Promise<void>((resolve, reject) => {
				const patience = new Patience(wheel, beginning, timeouts.totalMs, request.signal, (error) =>
					reject(error("unknown")),
				);
				tracking.#confirmed().then(
					() => {
						patience.finish();
						resolve();
					},
					(error: unknown) => {
						patience.finish();
						reject(error);
					},
				);
			});
		} catch (error) {
			tracking.close();
			throw error;
		}
		return tracking;
	}

	subscription(onEnd: () => void): Subscription {
		const { signal } = this.#request;
		const close = async (): Promise<void> => {
			this.close();
			onEnd();
		};
		if (signal !== undefined) this.#offSignal = onAbort(signal, () => void close());
		if (signal?.aborted) void close();
		const closed = (): boolean => this.#closed;
		return {
			close,
			[Symbol.asyncDispose]: close,
			get closed() {
				return closed();
			},
		};
	}

	close(): void {
		this.#closed = true;
		this.#offTopology?.();
		this.#offSignal?.();
		for (const node of this.#nodes.values()) node.close();
		this.#nodes.clear();
	}

	/** Resolves when every master has confirmed it; they may come and go meanwhile. */
	async #confirmed(): Promise<void> {
		for (let asked: readonly TrackedNode[] = []; !this.#closed; ) {
			const nodes = this.#follow();
			if (nodes.length === 0) {
				await this.#meet();
				continue;
			}
			this.#begun = nodes.every((node) => asked.includes(node));
			if (this.#begun) return;
			await Promise.all(nodes.map((node) => node.confirmed()));
			asked = nodes;
		}
	}

	/** No master is known: the cluster may not be connected yet. */
	async #meet(): Promise<void> {
		try {
			await this.#driver.cluster?.refresh(-1);
		} catch (error) {
			const fault = this.#driver.fault(error);
			if (fault.code === "RK_CLOSED") throw fault;
		}
		await pause(backoffMs(0, 50, 50));
	}

	/** One connection for each master there is now; a change means that invalidations may have been missed. */
	#follow(): TrackedNode[] {
		if (this.#closed) return [];
		const masters = this.#driver.cluster?.masters() ?? [undefined];
		const wanted = new Set(masters.map((node) => node ?? ""));
		for (const [node, tracked] of this.#nodes) {
			if (wanted.has(node)) continue;
			tracked.close();
			this.#nodes.delete(node);
		}
		for (const node of masters) {
			if (this.#nodes.has(node ?? "")) continue;
			this.#nodes.set(
				node ?? "",
				new TrackedNode(this.#driver, node, this.#request, this.#connectTimeoutMs, this.#begun),
			);
		}
		return [...this.#nodes.values()];
	}
}

/** One master's connection, set up anew whenever it is lost. */
class TrackedNode {
	readonly #driver: Driver;
	readonly #node: string | undefined;
	readonly #request: TrackRequest;
	readonly #connectTimeoutMs: number;
	#link: OwnLink | undefined;
	readonly #confirmations: Array<{ resolve: () => void; reject: (error: unknown) => void }> = [];
	#gap: boolean;
	#closed = false;

	constructor(
		driver: Driver,
		node: string | undefined,
		request: TrackRequest,
		connectTimeoutMs: number,
		gap: boolean,
	) {
		this.#driver = driver;
		this.#node = node;
		this.#request = request;
		this.#connectTimeoutMs = connectTimeoutMs;
		this.#gap = gap;
		void this.#keep();
	}

	confirmed(): Promise<void> {
		if (this.#link !== undefined || this.#closed) return Promise.resolve();
		return new Promise((resolve, reject) => {
			this.#confirmations.push({ resolve, reject });
		});
	}

	close(): void {
		this.#closed = true;
		this.#link?.destroy();
		for (const { resolve } of this.#confirmations.splice(0)) resolve();
	}

	async #keep(): Promise<void> {
		for (let failures = 0; !this.#closed; ) {
			try {
				const link = await this.#setUp();
				if (this.#closed) return link.destroy();
				failures = 0;
				this.#link = link;
				for (const { resolve } of this.#confirmations.splice(0)) resolve();
				if (this.#gap) callBack(() => this.#request.onGap());
				this.#gap = true;
				await ended(link);
				this.#link = undefined;
			} catch (error) {
				const fault = this.#driver.fault(error);
				if (fault instanceof ServerError)
					for (const { reject } of this.#confirmations.splice(0)) reject(fault);
				await pause(backoffMs(failures, 25, 2000));
				failures += 1;
			}
		}
	}

	async #setUp(): Promise<OwnLink> {
		const link = await this.#driver.open({
			node: this.#node,
			protocol: "resp2",
			readOnly: false,
			timeoutMs: this.#connectTimeoutMs,
		});
		const tooLong = setTimeout(() => link.destroy(), this.#connectTimeoutMs);
		tooLong.unref();
		try {
			link.onMessage((_kind, payload) => this.#invalidated(payload));
			const id = await link.send(["CLIENT", "ID"], "utf8");
			if (this.#closed) throw new ConnectionError("Tracking ended", "not-sent");
			const prefixes = this.#request.prefixes.flatMap((prefix) => ["PREFIX", prefix]);
			await link.send(["CLIENT", "TRACKING", "ON", "REDIRECT", String(id), "BCAST", ...prefixes], "utf8");
			await link.subscribe("channel", [CHANNEL]);
			return link;
		} catch (error) {
			link.destroy();
			throw error;
		} finally {
			clearTimeout(tooLong);
		}
	}

	#invalidated(payload: unknown): void {
		if (payload === null) {
			callBack(() => this.#request.onInvalidate(null));
			return;
		}
		if (!Array.isArray(payload)) return;
		const keys = payload.filter((key) => Buffer.isBuffer(key));
		callBack(() => this.#request.onInvalidate(keys));
	}
}

function ended(link: OwnLink): Promise<void> {
	return new Promise((resolve) => {
		if (link.state === "closed") return resolve();
		const stop = keepAlive(link);
		const off = link.onState((state) => {
			if (state !== "closed") return;
			off();
			stop();
			resolve();
		});
	});
}

/** The server refuses overlapping prefixes; so do we, before there is a connection. */
function checkPrefixes(prefixes: readonly string[]): void {
	checkTexts("prefixes", prefixes);
	const sorted = [...prefixes].sort();
	for (const [i, prefix] of sorted.entries()) {
		const before = sorted[i - 1];
		if (before !== undefined && prefix.startsWith(before)) {
			throw new InvalidArgumentError(
				"prefixes",
				prefix,
				`none that begins with another one, as with ${JSON.stringify(before)}`,
			);
		}
	}
}
