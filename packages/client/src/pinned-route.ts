import type { Link } from "./driver.ts";
import { ConnectionError, type ServerError } from "./errors.ts";
import type { Redirected, Routes, Waiter } from "./routes.ts";

/** Everything goes to this very connection, wherever the command's keys live. */
export class PinnedRoute implements Routes {
	readonly #link: Link;

	constructor(link: Link) {
		this.#link = link;
	}

	ready(): Link | undefined {
		return this.#link.state === "ready" ? this.#link : undefined;
	}

	whenReady(_slot: number, _readOnly: boolean, waiter: Waiter): void {
		const link = this.#link;
		if (link.state === "ready") {
			waiter.go(link);
			return;
		}
		if (link.state === "closed") {
			waiter.fail(new ConnectionError(`The connection to ${link.node} is closed`, "not-sent"));
			return;
		}
		const off = link.onState((state) => {
			if (state === "down") return;
			off();
			if (!waiter.over) this.whenReady(-1, false, waiter);
		});
		link.connect?.();
	}

	redirected(error: ServerError, _from: Link, _slot: number, _attempt: number, waiter: Redirected): void {
		waiter.fail(error);
	}

	masters(): ReadonlyMap<string, Link> {
		return new Map([[this.#link.node, this.#link]]);
	}

	close(): void {}
}
