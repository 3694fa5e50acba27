import type { Link } from "./driver.ts";
import { ServerError } from "./errors.ts";
import { closed, type EndError } from "./patience.ts";

/** Somebody who waits for a connection that is ready. */
export interface Waiter {
	/** It waits no longer. */
	readonly over: boolean;
	/** The connection is ready: send now. */
	go(link: Link): void;
	/** There will be none, or nobody waits for it any more. */
	fail(error: EndError): void;
}

/** In the place of a slot: any master will do. */
export const ANY_MASTER = -1;

/** Which connection a command goes to. */
export interface Routes {
	/** The connection to use at once; `undefined`: wait, so as not to overtake those who wait already. */
	ready(slot: number, readOnly: boolean): Link | undefined;
	/** Calls the waiter, in the order of asking, once a connection is ready. */
	whenReady(slot: number, readOnly: boolean, waiter: Waiter): void;
	/**
	 * The server did not run the command, because it is to be sent elsewhere, or later. Calls the waiter when and where it
	 * may be tried again, or fails it with this error when there is no hope.
	 */
	redirected(error: ServerError, from: Link, slot: number, attempt: number, waiter: Redirected): void;
	/**
	 * The server on this connection did not know the script of `call`, which is to be sent again, now with its source. What was
	 * sent behind it with the same script is refused too, so all else waits until that has been sent again as well.
	 */
	forgotten(call: Resent, from: Link, slot: number, readOnly: boolean): void;
	/** `host:port` of the server that serves the slot, if one is known. */
	nodeOf(slot: number): string | undefined;
	/** Every master by its node, with the connection to it: `undefined` when there is none at the moment. */
	masters(): ReadonlyMap<string, Link | undefined>;
	close(): void;
}

/** A waiter that may also be asked to precede its command with ASKING. */
export interface Redirected extends Waiter {
	goAsking(link: Link): void;
}

/** A waiter that was sent before, and refused by a server that had forgotten its script. */
export interface Resent extends Waiter {
	/** Resolves, and never rejects, once the reply is in or none will come. */
	go(link: Link): Promise<void>;
}

/** A waiting line: first come, first served, but those whom a server refused for a forgotten script before all others. */
export class WaitingLine {
	readonly #waiters = new Set<Waiter>();
	/** In the order in which they were sent, since replies come in it. */
	readonly #refused = new Set<Resent>();
	#resending: Promise<void> | undefined;
	/** Those who gave up are forgotten when the line has grown to this: going through it for each one would cost its square. */
	#pruneAt = 64;

	get empty(): boolean {
		return this.#waiters.size === 0 && this.#refused.size === 0 && this.#resending === undefined;
	}

	/** While the first of the refused has no reply, nobody is served: resolves when it has. */
	get resending(): Promise<void> | undefined {
		return this.#resending;
	}

	/**
	 * The first of those refused goes at once. Replies come in the order of what was sent, so when it has its own, all are here
	 * that were sent before it and refused; {@link serve} is to be called then.
	 */
	resend(call: Resent, link: Link): Promise<void> {
		if (this.#resending !== undefined || link.state !== "ready") {
			this.#refused.add(call);
			return this.#resending ?? Promise.resolve();
		}
		this.#resending = call.go(link).then(() => {
			this.#resending = undefined;
		});
		return this.#resending;
	}

	add(waiter: Waiter): void {
		this.#waiters.add(waiter);
		if (this.#waiters.size < this.#pruneAt) return;
		this.prune();
		this.#pruneAt = 2 * this.#waiters.size + 64;
	}

	/** Lets all go, unless the connection goes down in between. */
	serve(link: Link): void {
		if (this.#resending !== undefined) return;
		for (const line of [this.#refused, this.#waiters]) {
			for (const waiter of line) {
				if (link.state !== "ready") return;
				line.delete(waiter);
				if (!waiter.over) waiter.go(link);
			}
		}
	}

	/** Forgets those who gave up. */
	prune(): void {
		for (const line of [this.#refused, this.#waiters]) {
			for (const waiter of line) if (waiter.over) line.delete(waiter);
		}
	}

	fail(error: EndError): void {
		for (const line of [this.#refused, this.#waiters]) {
			for (const waiter of line) {
				line.delete(waiter);
				if (!waiter.over) waiter.fail(error);
			}
		}
	}
}

/** One server, or the master that Sentinel names: everything goes to one connection. */
export class SingleRoute implements Routes {
	readonly #link: Link;
	readonly #line = new WaitingLine();
	readonly #off: () => void;

	constructor(link: Link) {
		this.#link = link;
		this.#off = link.onState(() => this.#look());
	}

	ready(): Link | undefined {
		return this.#link.state === "ready" && this.#line.empty ? this.#link : undefined;
	}

	whenReady(_slot: number, _readOnly: boolean, waiter: Waiter): void {
		const { state } = this.#link;
		if (state === "closed") {
			waiter.fail(closed);
			return;
		}
		this.#line.add(waiter);
		if (state === "ready") this.#line.serve(this.#link);
		else this.#link.connect?.();
	}

	redirected(error: ServerError, _from: Link, _slot: number, _attempt: number, waiter: Redirected): void {
		waiter.fail(() => error);
	}

	forgotten(call: Resent, from: Link): void {
		void this.#line.resend(call, from).then(() => this.#look());
	}

	nodeOf(): string {
		return this.#link.node;
	}

	masters(): ReadonlyMap<string, Link> {
		return new Map([[this.#link.node, this.#link]]);
	}

	close(): void {
		this.#off();
		this.#line.fail(closed);
	}

	#look(): void {
		const { state } = this.#link;
		if (state === "ready") this.#line.serve(this.#link);
		else if (state === "closed") this.#line.fail(closed);
	}
}

const REDIRECTION =
	/^(?:(?:MOVED|ASK) \d+ \S*:\d+$|TRYAGAIN Multiple keys|CLUSTERDOWN (?:The cluster is down|Hash slot not served))/;

/**
 * The cluster says: not here, or not now. The command was not run. Told by the server's whole words, since a script may raise
 * an error with such a code by itself, after it wrote.
 */
export function isRedirection(error: unknown): error is ServerError {
	return error instanceof ServerError && REDIRECTION.test(error.reply);
}

/** How often a command that the server did not run is tried elsewhere or later. */
export const MAX_REDIRECTIONS = 16;
