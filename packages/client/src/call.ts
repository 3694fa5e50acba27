import type { Args, Command, WireReply } from "./command.ts";
import { failedOn } from "./command-name.ts";
import { decoded } from "./decoded.ts";
import type { Driver, Link } from "./driver.ts";
import type { CommandError, FailedCommand } from "./errors.ts";
import type { EndError } from "./patience.ts";
import { isRedirection, MAX_REDIRECTIONS, type Redirected, type Resent, type Routes } from "./routes.ts";
import { isUnknownScript, type Script, withSource } from "./script.ts";

const ASKING: Args = ["ASKING"];

/** Which scripts a batch has sent with their source, on each connection. */
export class FirstUses {
	readonly #seen = new Map<Link, Set<Script>>();
	readonly #redirected = new Set<Script>();

	/** True the first time. */
	claim(link: Link, script: Script): boolean {
		const seen = this.#seen.get(link);
		if (seen === undefined) this.#seen.set(link, new Set([script]));
		else if (seen.has(script)) return false;
		else seen.add(script);
		return true;
	}

	/** What was sent on this connection did not leave, or not all of it: the next use takes the source along again. */
	unclaim(link: Link, script: Script): void {
		this.#seen.get(link)?.delete(script);
	}

	/** Its source may have gone to a node that did not take it, so that uses behind it may meet a node that lacks it. */
	redirected(link: Link, script: Script): void {
		this.unclaim(link, script);
		this.#redirected.add(script);
	}

	mayBeLacking(script: Script): boolean {
		return this.#redirected.has(script);
	}
}

/** The connection went before the bytes did: whoever sent it may send it again, on the next one. */
export function neverSent(fault: CommandError): boolean {
	return fault.outcome === "not-sent" && fault.code === "RK_CONNECTION";
}

/** Where a call's result goes. */
export interface Settle<T> {
	resolve(result: T): void;
	reject(error: unknown): void;
}

/**
 * One command on its way: waits for a connection, is sent, and follows redirections until it has its reply.
 *
 * It is sent again only when the server said that it did not run it, or when the bytes never left.
 */
export class Call<T> implements Redirected, Resent {
	readonly #driver: Driver;
	readonly #routes: Routes;
	readonly #command: Command<T>;
	readonly #slot: number;
	readonly #firstUses: FirstUses | undefined;
	readonly #to: Settle<T>;
	#over = false;
	/** The connection that it was sent on, and has no answer from yet. */
	#sentOn: Link | undefined;
	#attempt = 0;
	#source = false;

	constructor(
		driver: Driver,
		routes: Routes,
		command: Command<T>,
		slot: number,
		firstUses: FirstUses | undefined,
		to: Settle<T>,
	) {
		this.#driver = driver;
		this.#routes = routes;
		this.#command = command;
		this.#slot = slot;
		this.#to = to;
		this.#firstUses = firstUses;
	}

	get over(): boolean {
		return this.#over;
	}

	start(): void {
		const link = this.#routes.ready(this.#slot, this.#command.readOnly);
		if (link === undefined) this.#routes.whenReady(this.#slot, this.#command.readOnly, this);
		else void this.go(link);
	}

	/** The server on this connection did not know its script, and ran nothing: it is sent again, with the source. */
	refused(link: Link): void {
		this.#attempt += 1;
		this.#source = true;
		this.#sentOn = undefined;
		this.#routes.forgotten(this, link, this.#slot, this.#command.readOnly);
	}

	go(link: Link): Promise<void> {
		const reply = link.send(this.#argsFor(link), this.#command.encoding);
		this.#sentOn = link;
		return this.#settled(reply, link);
	}

	goAsking(link: Link): void {
		const [asking, reply] = link.sendTogether([ASKING, this.#argsFor(link)], this.#command.encoding);
		if (asking === undefined || reply === undefined) return;
		this.#sentOn = link;
		asking.catch(() => {}); // the command's own reply says what became of it
		void this.#settled(reply, link);
	}

	fail(error: EndError): void {
		if (this.#over) return;
		this.#over = true;
		this.#to.reject(error(this.#sentOn === undefined ? "not-sent" : "unknown", this.#onNode(this.#sentOn)));
	}

	#onNode(link: Link | undefined): FailedCommand {
		return failedOn(link?.node ?? this.#routes.nodeOf(this.#slot), this.#command);
	}

	#argsFor(link: Link): Args {
		const { script } = this.#command;
		if (script === undefined) return this.#command.args;
		if (this.#source || this.#firstUses?.claim(link, script)) return withSource(this.#command, script);
		return this.#command.args;
	}

	#settled(reply: Promise<WireReply>, link: Link): Promise<void> {
		return reply.then(
			(answer) => this.#answered(answer, link),
			(error: unknown) => this.#failed(error, link),
		);
	}

	#answered(reply: WireReply, link: Link): void {
		if (this.#over) return;
		this.#over = true;
		let result: T;
		try {
			result = decoded(this.#command, reply, link.node);
		} catch (error) {
			this.#to.reject(error);
			return;
		}
		this.#to.resolve(result);
	}

	#failed(error: unknown, link: Link): void {
		if (this.#over) return;
		const fault = this.#driver.fault(error, this.#onNode(link));
		if (this.#attempt < MAX_REDIRECTIONS) {
			if (neverSent(fault)) {
				if (this.#command.script !== undefined) this.#firstUses?.unclaim(link, this.#command.script);
				this.#attempt += 1;
				this.#sentOn = undefined;
				this.#routes.whenReady(this.#slot, this.#command.readOnly, this);
				return;
			}
			if (isUnknownScript(fault) && this.#unsentSource()) {
				this.refused(link);
				return;
			}
			if (isRedirection(fault)) {
				if (this.#command.script !== undefined) this.#firstUses?.redirected(link, this.#command.script);
				this.#attempt += 1;
				this.#sentOn = undefined;
				this.#routes.redirected(fault, link, this.#slot, this.#attempt, this);
				return;
			}
		}
		this.fail(() => fault);
	}

	/**
	 * In a batch the commands behind it have run: sending it now would put it out of order, so its error stands; but where a
	 * slot moves, the order is that of the redirections.
	 */
	#unsentSource(): boolean {
		const { script } = this.#command;
		if (script === undefined || this.#source) return false;
		return this.#firstUses === undefined || this.#firstUses.mayBeLacking(script);
	}
}
