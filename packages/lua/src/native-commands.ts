import { type Command, mapOf, type RedisPort, raw, type WireReply } from "@rk/client";
import type { AnyScript } from "./define-script.ts";
import { isErrorReply } from "./explain.ts";

const PROBE_MS = 5_000;

const REFUSED = /^(ERR (unknown command|syntax error|wrong number of arguments)|NOPERM .*to run the)/i;

const docs = mapOf((reply) => reply);

/** Which native commands every master has, asked once, and again after a reconnect or a change of topology. */
export class NativeCommands {
	readonly #redis: RedisPort;
	readonly #needs: readonly string[];
	readonly #off: readonly (() => void)[];
	#had: ReadonlySet<string> | undefined;
	#asking: object | undefined;

	constructor(redis: RedisPort, scripts: readonly AnyScript[]) {
		this.#redis = redis;
		this.#needs = [...new Set(scripts.flatMap(({ native }) => native.map(({ needs }) => needs)))];
		const forget = (): void => {
			this.#had = undefined;
			this.#asking = undefined;
		};
		this.#off = [redis.on("up", forget), redis.on("topology", forget)];
	}

	/** The script's native command, if it is known that every master has it. Nobody waits to know: until then, the script does. */
	commandOf(script: AnyScript, ...params: readonly unknown[]): Command<unknown> | undefined {
		if (script.native.length === 0) return undefined;
		if (this.#had === undefined) {
			this.#ask();
			return undefined;
		}
		const had = this.#had;
		return script.native.find(({ needs }) => had.has(needs))?.command(...params);
	}

	/**
	 * The server does not know the command after all, or not for this user, and ran nothing: the script will do it, until
	 * somebody asks anew.
	 */
	refuses(error: unknown): boolean {
		if (!isErrorReply(error) || !REFUSED.test(error.reply)) return false;
		this.#had = new Set();
		return true;
	}

	close(): void {
		for (const off of this.#off) off();
	}

	#ask(): void {
		if (this.#asking !== undefined) return;
		const asking = {};
		this.#asking = asking;
		this.#probe().then(
			(had) => {
				// What changed meanwhile is asked again.
				if (this.#asking === asking) this.#had = had;
			},
			() => {
				if (this.#asking === asking) this.#had = new Set();
			},
		);
	}

	/** @throws {CommandError} the port is closed, or has no master */
	async #probe(): Promise<ReadonlySet<string>> {
		const names = [...new Set(this.#needs.map((needs) => needs.split(" ")[0] ?? needs))];
		const command = raw(["COMMAND", "DOCS", ...names], { decode: docs });
		const found = [...(await this.#redis.everyMaster(command, { timeoutMs: PROBE_MS })).values()];
		const everywhere = (needs: string): boolean =>
			found.length > 0 && found.every((node) => node instanceof Map && describes(node, needs));
		return new Set(this.#needs.filter(everywhere));
	}
}

/** The documentation has the command, and in it the word as a whole text: as an argument's token. */
function describes(found: ReadonlyMap<string, WireReply>, needs: string): boolean {
	const [name = "", word] = needs.split(" ");
	const doc = found.get(name.toLowerCase());
	return doc !== undefined && (word === undefined || contains(doc, word));
}

function contains(reply: WireReply, word: string): boolean {
	return Array.isArray(reply) ? reply.some((part) => contains(part, word)) : reply === word;
}
