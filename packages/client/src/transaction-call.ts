import { neverSent, type Settle } from "./call.ts";
import type { Command } from "./command.ts";
import { failedOn } from "./command-name.ts";
import type { Driver, Link } from "./driver.ts";
import { CommandError, ServerError } from "./errors.ts";
import { exec } from "./exec.ts";
import type { EndError } from "./patience.ts";
import { isRedirection, MAX_REDIRECTIONS, type Redirected, type Routes } from "./routes.ts";

/** A transaction on its way. As a single command it follows redirections: a server that redirects it ran none of it. */
export class TransactionCall implements Redirected {
	readonly #routes: Routes;
	readonly #commands: readonly Command<unknown>[];
	readonly #slot: number;
	readonly #fault: Driver["fault"];
	readonly #to: Settle<unknown[]>;
	#over = false;
	/** The connection that it was sent on, and has no answer from yet. */
	#sentOn: Link | undefined;
	#attempt = 0;

	constructor(
		routes: Routes,
		commands: readonly Command<unknown>[],
		slot: number,
		fault: Driver["fault"],
		to: Settle<unknown[]>,
	) {
		this.#routes = routes;
		this.#commands = commands;
		this.#slot = slot;
		this.#fault = fault;
		this.#to = to;
	}

	get over(): boolean {
		return this.#over;
	}

	start(): void {
		const link = this.#routes.ready(this.#slot, false);
		if (link === undefined) this.#routes.whenReady(this.#slot, false, this);
		else this.go(link);
	}

	go(link: Link): void {
		this.#run(link, false);
	}

	goAsking(link: Link): void {
		this.#run(link, true);
	}

	fail(error: EndError): void {
		const outcome = this.#sentOn === undefined ? "not-sent" : "unknown";
		const node = this.#sentOn?.node ?? this.#routes.nodeOf(this.#slot);
		this.#failWith(error(outcome, failedOn(node, "EXEC")));
	}

	#failWith(error: unknown): void {
		if (this.#over) return;
		this.#over = true;
		this.#to.reject(error);
	}

	#run(link: Link, asking: boolean): void {
		this.#sentOn = link;
		exec(link, this.#commands, asking, this.#fault).then(
			(results) => {
				if (this.#over) return;
				if (results === null) {
					this.#failWith(new ServerError("ERR The transaction was discarded, although nothing was watched"));
					return;
				}
				this.#over = true;
				this.#to.resolve(results);
			},
			(error: unknown) => this.#failed(error, link),
		);
	}

	#failed(error: unknown, link: Link): void {
		if (this.#over) return;
		if (this.#attempt < MAX_REDIRECTIONS && error instanceof CommandError) {
			const redirected = isRedirection(error);
			if (redirected || neverSent(error)) {
				this.#attempt += 1;
				this.#sentOn = undefined;
				if (redirected) this.#routes.redirected(error, link, this.#slot, this.#attempt, this);
				else this.#routes.whenReady(this.#slot, false, this);
				return;
			}
		}
		this.#failWith(error);
	}
}
