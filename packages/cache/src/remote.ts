import { randomBytes } from "node:crypto";
import {
	type CallOptions,
	type Command,
	CommandError,
	getBuffer,
	mget,
	mgetBuffer,
	type RedisPort,
	type ResultOf,
} from "@rk/client";
import { type Breaker, isUnavailable } from "./breaker.ts";
import { PREFIX } from "./envelope.ts";
import { type MessageKind, writeMessage } from "./message.ts";
import type { Names } from "./names.ts";
import * as scripts from "./scripts.ts";
import { parseToken, type Token } from "./tags.ts";

/** Keys of one script or one MGET, at most. */
const CHUNK = 500;
/** Tokens live at least this long, so that a short-lived entry does not take that of a tag with it. */
export const TOKEN_MS = 86_400_000;

/** What was read, in the order in which it was asked for. */
interface Fetched {
	/** They may be more. */
	readonly values: ReadonlyArray<Buffer | null>;
	/** `undefined` where there is none. */
	readonly tokens: ReadonlyArray<Token | undefined>;
}

/** The second tier: the commands to Redis, each with its deadline, and its failures counted. What comes back is bytes and tokens. */
export class Remote {
	readonly #redis: RedisPort;
	readonly #names: Names;
	readonly #breaker: Breaker;
	readonly #options: CallOptions;
	readonly #channel: string;
	readonly #sender: string;
	/** The token that was parsed last, and what of. */
	#text: string | null = null;
	#token: Token | undefined;

	constructor(
		redis: RedisPort,
		names: Names,
		breaker: Breaker,
		timeoutMs: number,
		bus: boolean,
		sender: string,
	) {
		this.#redis = redis;
		this.#names = names;
		this.#breaker = breaker;
		this.#options = { timeoutMs };
		this.#channel = bus ? names.bus : "";
		this.#sender = sender;
	}

	/** False: Redis fails at present, and a read is to do without. */
	admits(): boolean {
		return this.#breaker.admits();
	}

	/** Keys are in slots, of a cluster: one command takes those of one slot. */
	get inSlots(): boolean {
		return this.#redis.topology.kind === "cluster";
	}

	get(key: string): Promise<Buffer | null> {
		return this.#redis.command(getBuffer(this.#names.value(key)), this.#options).then((bytes) => {
			this.#succeeded();
			return bytes;
		}, this.#notGot);
	}

	/** Not in a cluster. With `tags`, the tokens of the namespace and of these are read along. A key that holds another type counts as missing. */
	getTogether(keys: readonly string[], tags: readonly string[] | undefined): Promise<Fetched> {
		const all = keys.map((key) => this.#names.value(key));
		if (tags !== undefined) all.push(...this.#tokenKeys(tags));
		return this.#redis.command(mgetBuffer(all), this.#options).then(
			(values) => {
				this.#succeeded();
				const tokens: Array<Token | undefined> = [];
				for (let i = keys.length; i < values.length; i++)
					tokens.push(this.#tokenOf(values[i]?.toString("latin1") ?? null));
				return { values, tokens };
			},
			(error: unknown) => {
				for (let i = 1; i < keys.length; i++) this.#failed(error); // as if each had been asked for by itself
				return this.#notGot(error);
			},
		);
	}

	/** A token is read far more often than it changes: the same text is the same object, mostly. */
	readonly #tokenOf = (text: string | null): Token | undefined => {
		if (text !== this.#text) {
			this.#text = text;
			this.#token = text === null ? undefined : parseToken(text);
		}
		return this.#token;
	};

	readonly #notGot = (error: unknown): never => {
		this.#failed(error);
		throw error;
	};

	/** By the order of the keys; an error in the place of one that could not be read. */
	async getMany(keys: readonly string[]): Promise<Array<Buffer | null | CommandError>> {
		const found = new Array<Buffer | null | CommandError>(keys.length).fill(null);
		const groups = this.#bySlot(keys);
		const commands = groups.map((group) => mgetBuffer(group.map((i) => this.#names.value(keys[i] ?? ""))));
		const replies = await this.#redis.batch(commands, this.#options);
		for (const [g, group] of groups.entries()) {
			const reply = replies[g];
			this.#count(reply);
			for (const [n, i] of group.entries())
				found[i] = reply === undefined ? null : Array.isArray(reply) ? (reply[n] ?? null) : reply;
		}
		return found;
	}

	/** Of the namespace, if `namespace`, and of these tags, in this order. */
	async tokens(tags: readonly string[]): Promise<Array<Token | undefined>> {
		return (await this.#run(mget(this.#tokenKeys(tags)))).map(this.#tokenOf);
	}

	/** The same, where those that are missing are made, and all live as long as what is about to be cached. @param ttlMs 0: no end */
	async tokensFor(tags: readonly string[], ttlMs: number): Promise<Token[]> {
		return (await this.#run(this.#tokensCommand(tags, ttlMs))).map(parseToken);
	}

	acquire(key: string, token: string, leaseMs: number, force: boolean): Promise<scripts.Acquired> {
		return this.#run(this.#acquireCommand(key, token, leaseMs, force));
	}

	/** An error in the place of a key that could not be asked for. */
	acquireMany(
		keys: readonly string[],
		token: string,
		leaseMs: number,
	): Promise<Array<scripts.Acquired | CommandError>> {
		return this.#each(keys.map((key) => this.#acquireCommand(key, token, leaseMs, false)));
	}

	/**
	 * False: the lease is lost, and nothing was written.
	 *
	 * @param replaces the key may have been fresh: others are told to drop what they have
	 */
	fill(key: string, token: string, bytes: Buffer, ttlMs: number, replaces: boolean): Promise<boolean> {
		return this.#run(this.#fillCommand(key, token, bytes, ttlMs, replaces ? "set" : "fill"));
	}

	/** Of each key whether it was still the token's. Never rejects. */
	renewLeases(
		keys: readonly string[],
		token: string,
		leaseMs: number,
	): Promise<Array<boolean | CommandError>> {
		return this.#each(
			keys.map((key) => scripts.renewLease([this.#names.lease(key)], [token, String(leaseMs)])),
		);
	}

	/** The same. */
	release(keys: readonly string[], token: string): Promise<Array<boolean | CommandError>> {
		return this.#each(keys.map((key) => this.#releaseCommand(key, token)));
	}

	async set(key: string, bytes: Buffer, ttlMs: number): Promise<void> {
		await this.#run(this.#setCommand(key, bytes, ttlMs));
	}

	/** The keys that are not confirmed, and why the first of them is not. */
	async delete(
		keys: readonly string[],
	): Promise<{ readonly failed: string[]; readonly error: CommandError | undefined }> {
		const groups = this.#bySlot(keys);
		const commands = groups.map((group) => {
			const own = group.map((i) => keys[i] ?? "");
			const both = own.flatMap((key) => [this.#names.value(key), this.#names.lease(key)]);
			return scripts.deleteValues(both, [this.#channel, this.#message("delete", own)]);
		});
		const replies = await this.#each(commands);
		const failed: string[] = [];
		let error: CommandError | undefined;
		for (const [g, reply] of replies.entries()) {
			if (!(reply instanceof CommandError)) continue;
			error ??= reply;
			for (const i of groups[g] ?? []) failed.push(keys[i] ?? "");
		}
		return { failed, error };
	}

	async expire(key: string): Promise<void> {
		const keys = [this.#names.value(key), this.#names.lease(key)];
		await this.#run(scripts.expireValue(keys, [PREFIX, this.#channel, this.#message("expire", [key])]));
	}

	async renewTag(tag: string, kind: "hard" | "soft"): Promise<Token> {
		const message = this.#message(kind === "hard" ? "invalidateTag" : "expireTag", [tag]);
		return this.#renew(this.#names.tag(tag), kind, message);
	}

	async renewNamespace(): Promise<Token> {
		return this.#renew(this.#names.namespaceToken, "hard", this.#message("clear", []));
	}

	/** Deletes what cannot be read, unless it is something else by now. */
	async heal(key: string, sha1: string): Promise<void> {
		await this.#run(scripts.heal([this.#names.value(key)], [sha1]));
	}

	async #renew(key: string, kind: "hard" | "soft", message: Buffer): Promise<Token> {
		const args = [newToken(), kind, String(2 * TOKEN_MS), this.#channel, message];
		return parseToken(await this.#run(scripts.renewToken([key], args)));
	}

	#acquireCommand(key: string, token: string, leaseMs: number, force: boolean): Command<scripts.Acquired> {
		const keys = [this.#names.value(key), this.#names.lease(key)];
		return scripts.acquire(keys, [token, String(leaseMs), force ? "XX" : "NX"]);
	}

	#fillCommand(
		key: string,
		token: string,
		bytes: Buffer,
		ttlMs: number,
		kind: MessageKind,
	): Command<boolean> {
		const keys = [this.#names.value(key), this.#names.lease(key)];
		return scripts.fill(keys, [token, bytes, String(ttlMs), this.#channel, this.#message(kind, [key])]);
	}

	#setCommand(key: string, bytes: Buffer, ttlMs: number): Command<number> {
		const keys = [this.#names.value(key), this.#names.lease(key)];
		return scripts.setValue(keys, [bytes, String(ttlMs), this.#channel, this.#message("set", [key])]);
	}

	#releaseCommand(key: string, token: string): Command<boolean> {
		return scripts.release([this.#names.lease(key)], [token, this.#channel, this.#message("free", [key])]);
	}

	#tokensCommand(tags: readonly string[], ttlMs: number): Command<string[]> {
		const keys = this.#tokenKeys(tags);
		const least = ttlMs === 0 ? 0 : Math.max(TOKEN_MS, ttlMs);
		return scripts.readTokens(keys, [String(least), ...keys.map(newToken)]);
	}

	#tokenKeys(tags: readonly string[]): string[] {
		return [this.#names.namespaceToken, ...tags.map((tag) => this.#names.tag(tag))];
	}

	#message(kind: MessageKind, names: readonly string[]): Buffer {
		return writeMessage(kind, this.#sender, names);
	}

	/** Places in `keys`, grouped as one command takes them: by slot, and not too many. */
	#bySlot(keys: readonly string[]): number[][] {
		const groups: number[][] = [];
		const open = new Map<number, number[]>();
		for (const [i, key] of keys.entries()) {
			const slot = this.#redis.topology.slotOf(this.#names.value(key));
			let group = open.get(slot);
			if (group === undefined || group.length >= CHUNK) {
				group = [];
				open.set(slot, group);
				groups.push(group);
			}
			group.push(i);
		}
		return groups;
	}

	async #run<T>(command: Command<T>): Promise<T> {
		try {
			const result = await this.#redis.command(command, this.#options);
			this.#succeeded();
			return result;
		} catch (error) {
			this.#failed(error);
			throw error;
		}
	}

	async #each<T>(commands: readonly Command<T>[]): Promise<Array<T | CommandError>> {
		const results: ReadonlyArray<ResultOf<Command<T>> | CommandError> = await this.#redis.batch(
			commands,
			this.#options,
		);
		for (const result of results) this.#count(result);
		return [...results];
	}

	#count(result: unknown): void {
		if (result instanceof CommandError) this.#failed(result);
		else this.#succeeded();
	}

	#succeeded(): void {
		this.#breaker.succeeded();
	}

	#failed(error: unknown): void {
		if (isUnavailable(error)) this.#breaker.failed();
		else this.#breaker.succeeded();
	}
}

/** 12 letters that nobody else makes. */
export function newToken(): string {
	return randomBytes(9).toString("base64url");
}
