import {
	checkInteger,
	checkKnown,
	checkPort,
	InvalidArgumentError,
	type RedisPort,
	unlink,
} from "@rk/client";
import { checkText } from "../text.ts";
import { MOST_ATTEMPTS, pauseAfter } from "./attempts.ts";
import { SessionConflictError, SessionGoneError } from "./errors.ts";
import { resolveOptions, type SessionsOptions } from "./options.ts";
import { pause } from "./pause.ts";
import { Rotations } from "./rotations.ts";
import type { StoredSession } from "./scripts.ts";
import type {
	CreateSessionOptions,
	ListedSession,
	NewSession,
	Session,
	WriteSessionOptions,
} from "./session.ts";
import { checkId, checkNewId, handleOf, randomId } from "./session-id.ts";
import { SessionTable } from "./session-table.ts";
import type { GetSessionOptions, Sessions, UpdateSessionOptions } from "./sessions.ts";
import { UserIndex } from "./user-index.ts";
import { UserSessions } from "./user-sessions.ts";

/**
 * Sessions of one kind, at the keys `<prefix>:{…}`.
 *
 * @throws {InvalidArgumentError} an option is not acceptable
 */
export function createSessions<T>(redis: RedisPort, options: SessionsOptions<T>): Sessions<T> {
	checkPort("redis", redis);
	const table = new SessionTable(redis, resolveOptions(options));
	return new RedisSessions(table, new UserIndex(redis, table.keys, table.options.absoluteMs));
}

class RedisSessions<T> implements Sessions<T> {
	readonly #table: SessionTable<T>;
	readonly #index: UserIndex;
	readonly #users: UserSessions<T>;
	readonly #rotations: Rotations<T>;

	constructor(table: SessionTable<T>, index: UserIndex) {
		this.#table = table;
		this.#index = index;
		this.#users = new UserSessions(table, index);
		this.#rotations = new Rotations(table, index);
	}

	async create(data: T, options: CreateSessionOptions = {}): Promise<NewSession> {
		checkKnown("", options, ["userId", "idleMs", "id"]);
		const { userId, idleMs, id = this.#newId() } = options;
		if (userId !== undefined) checkText("userId", userId);
		if (idleMs !== undefined) checkInteger("idleMs", idleMs, 1);
		checkNewId("id", id);
		return this.#create(id, data, userId, idleMs);
	}

	async #create(
		id: string,
		data: T,
		userId: string | undefined,
		idleMs: number | undefined,
	): Promise<NewSession> {
		const handle = handleOf(id);
		const encoded = this.#table.options.codec.encode(data);
		// First the index: an entry without a session does no harm, a session without an entry would outlive `destroyUser`.
		const entered = userId === undefined ? 0 : await this.#index.add(userId, handle);
		const made = await this.#table.create(handle, encoded, userId, idleMs);
		if (made === 0) throw new SessionConflictError(handle, 1);
		if (made < 0) throw new SessionGoneError(handle);
		if (userId !== undefined) await this.#users.makeRoom(userId, entered);
		return { id, version: 1 };
	}

	async get(id: string, options: GetSessionOptions = {}): Promise<Session<T> | null> {
		checkId(id);
		checkKnown("", options, ["touch"]);
		const { touch = true } = options;
		if (typeof touch !== "boolean") throw new InvalidArgumentError("touch", touch, "true or false");
		const found = await this.#table.at(id, (handle) => this.#table.read(handle, touch));
		return found === null ? null : this.#table.readable(found.handle, found.result);
	}

	async save(id: string, data: T, version: number, options: WriteSessionOptions = {}): Promise<number> {
		checkId(id);
		checkInteger("version", version, 1);
		checkWrite(options, ["userId", "idleMs"]);
		const encoded = this.#table.options.codec.encode(data);
		return this.#found(id, (handle) => this.#save(handle, encoded, version, options));
	}

	async #save(
		handle: string,
		data: string | Buffer,
		version: number,
		options: WriteSessionOptions,
	): Promise<number | null> {
		const { userId } = options;
		let entered = 0;
		if (typeof userId === "string") {
			// The index has it as long as it may live, which it alone knows.
			const stored = await this.#table.read(handle, false);
			if (stored === null) return null;
			entered = await this.#enter(userId, handle, stored);
		}
		const result = await this.#table.save(handle, version, data, options);
		if (result === 0) throw new SessionConflictError(handle, 1);
		if (result < 0) return null;
		if (typeof userId === "string") await this.#users.makeRoom(userId, entered);
		return result;
	}

	/** Before it is written for that user: how many sessions the index then has; 0 if it is the user's already, and needs no room. */
	async #enter(userId: string, handle: string, { user, deadlineMs }: StoredSession): Promise<number> {
		const size = await this.#index.add(userId, handle, deadlineMs);
		return user === userId ? 0 : size;
	}

	async update(
		id: string,
		change: (data: T) => T | Promise<T>,
		options: UpdateSessionOptions = {},
	): Promise<Session<T>> {
		checkId(id);
		if (typeof change !== "function") throw new InvalidArgumentError("change", change, "a function");
		checkWrite(options, ["userId", "idleMs", "signal"]);
		return this.#found(id, (handle) => this.#update(handle, change, options));
	}

	async #update(
		handle: string,
		change: (data: T) => T | Promise<T>,
		{ signal, ...write }: UpdateSessionOptions,
	): Promise<Session<T> | null> {
		const { random, codec } = this.#table.options;
		for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt++) {
			const stored = await this.#table.read(handle, false);
			if (stored === null) return null;
			const session = this.#table.decoded(handle, stored);
			const data = await change(session.data);
			const encoded = codec.encode(data);
			const entered = typeof write.userId === "string" ? await this.#enter(write.userId, handle, stored) : 0;
			const version = await this.#table.save(handle, session.version, encoded, write);
			if (version < 0) return null;
			if (version > 0) {
				if (typeof write.userId === "string") await this.#users.makeRoom(write.userId, entered);
				// It stays in the index of the user whose it was, who may have it back meanwhile; listing takes it out.
				const userId = write.userId === undefined ? session.userId : (write.userId ?? undefined);
				return { ...session, data, version, userId };
			}
			await pause(pauseAfter(attempt, random), signal);
		}
		throw new SessionConflictError(handle, MOST_ATTEMPTS);
	}

	async touch(id: string, options: { readonly idleMs?: number | null } = {}): Promise<boolean> {
		checkId(id);
		checkKnown("", options, ["idleMs"]);
		const { idleMs } = options;
		checkIdle(idleMs);
		return (await this.#table.at(id, (handle) => this.#table.read(handle, true, idleMs))) !== null;
	}

	async rotate(id: string): Promise<NewSession | null> {
		checkId(id);
		const newId = this.#newId();
		const rotated = await this.#rotations.rotate(handleOf(id), newId);
		if (rotated !== null) return rotated;
		// Is it elsewhere already?
		await this.#found(id, (handle) => this.#table.read(handle, false));
		return null;
	}

	async destroy(id: string): Promise<boolean> {
		checkId(id);
		const destroyed = await this.#table.at(id, (handle) => this.#table.destroy(handle));
		if (destroyed === null) return false;
		const { handle, result: user } = destroyed;
		if (user !== "") await this.#index.remove(user, [handle]);
		return true;
	}

	async destroyUser(userId: string, options: { readonly except?: string } = {}): Promise<number> {
		checkText("userId", userId);
		checkKnown("", options, ["except"]);
		const { except } = options;
		if (except === undefined) return this.#users.destroyAll(userId);
		checkId(except);
		return this.#users.destroyAll(userId, () => this.#handleNow(except));
	}

	/** Where the session of this id is now, if there is one. */
	async #handleNow(id: string): Promise<string | undefined> {
		const found = await this.#table.at(id, (handle) => this.#table.read(handle, false));
		return found?.handle;
	}

	async listUser(userId: string): Promise<Array<ListedSession<T>>> {
		checkText("userId", userId);
		return this.#users.list(userId);
	}

	async count(userId: string): Promise<number> {
		checkText("userId", userId);
		return (await this.#users.found(userId)).length;
	}

	async *all(): AsyncGenerator<ListedSession<T>, void, void> {
		for await (const page of this.#pages("{*")) {
			const handles = page.map((key) => key.slice(key.lastIndexOf("{") + 1, -1));
			const found = await Promise.all(handles.map((handle) => this.#table.read(handle, false)));
			for (const [i, handle] of handles.entries()) {
				const stored = found[i] ?? null;
				const session = stored === null ? null : this.#table.readable(handle, stored);
				if (session === null) continue;
				const { version: _, ...listed } = session;
				yield { handle, ...listed };
			}
		}
	}

	async clear(): Promise<void> {
		// Sessions before indexes, as ever.
		for (const what of ["{*", "user:{*"]) {
			for await (const page of this.#pages(what)) {
				const results = await this.#table.redis.batch(page.map((key) => unlink(key)));
				const failed = results.find((result) => result instanceof Error);
				if (failed !== undefined) throw failed;
			}
		}
	}

	handleOf(id: string): string {
		checkId(id);
		return handleOf(id);
	}

	#pages(what: string): AsyncIterable<string[]> {
		const { redis, options } = this.#table;
		const prefix = options.prefix.replace(/[\\*?[\]^]/g, "\\$&");
		return redis.scan({ match: `${prefix}:${what}`, type: what === "{*" ? "hash" : "zset" });
	}

	/** What the work gives where the session is. @throws {SessionGoneError} */
	async #found<R>(id: string, work: (handle: string) => Promise<R | null>): Promise<R> {
		const found = await this.#table.at(id, work);
		if (found === null) throw new SessionGoneError(handleOf(id));
		return found.result;
	}

	#newId(): string {
		const id = this.#table.options.genId?.() ?? randomId();
		checkNewId("genId()", id);
		return id;
	}
}

function checkIdle(idleMs: number | null | undefined): void {
	if (idleMs !== undefined && idleMs !== null) checkInteger("idleMs", idleMs, 1);
}

function checkWrite(options: UpdateSessionOptions, known: readonly string[]): void {
	checkKnown("", options, known);
	if (options.userId !== undefined && options.userId !== null) checkText("userId", options.userId);
	checkIdle(options.idleMs);
	if (options.signal !== undefined && !(options.signal instanceof AbortSignal))
		throw new InvalidArgumentError("signal", options.signal, "an AbortSignal");
}
