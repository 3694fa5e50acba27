import type { Link, LinkState } from "./driver.ts";
import { ConnectionError, type ServerError } from "./errors.ts";
import { closed } from "./patience.ts";
import { type Redirected, type Resent, type Routes, type Waiter, WaitingLine } from "./routes.ts";

/** Everything goes to this very connection, wherever the command's keys live. */
export class PinnedRoute implements Routes {
	readonly #link: Link;
	readonly #line = new WaitingLine();
	/** Takes off the listener that there is while somebody waits. */
	#off: (() => void) | undefined;

	constructor(link: Link) {
		this.#link = link;
	}

	ready(): Link | undefined {
		return this.#link.state === "ready" && this.#line.empty ? this.#link : undefined;
	}

	whenReady(_slot: number, _readOnly: boolean, waiter: Waiter): void {
		const link = this.#link;
		this.#line.add(waiter);
		this.#off ??= link.onState((state) => this.#look(state));
		if (link.state === "down") link.connect?.();
		else this.#look(link.state);
	}

	redirected(error: ServerError, _from: Link, _slot: number, _attempt: number, waiter: Redirected): void {
		waiter.fail(() => error);
	}

	forgotten(call: Resent, from: Link): void {
		this.#off ??= this.#link.onState((state) => this.#look(state));
		void this.#line.resend(call, from).then(() => this.#look(this.#link.state));
	}

	nodeOf(): string {
		return this.#link.node;
	}

	masters(): ReadonlyMap<string, Link> {
		return new Map([[this.#link.node, this.#link]]);
	}

	close(): void {
		this.#line.fail(closed);
		this.#look(this.#link.state);
	}

	#look(state: LinkState): void {
		const link = this.#link;
		if (state === "ready") this.#line.serve(link);
		if (state === "closed")
			this.#line.fail((_, failed) => new ConnectionError("The connection is closed", "not-sent", failed));
		if (!this.#line.empty) return;
		this.#off?.();
		this.#off = undefined;
	}
}
