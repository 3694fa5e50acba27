import { checkKnown, InvalidArgumentError, RkError } from "@rk/client";
import type { Request } from "express";
import session, { type SessionData } from "express-session";
import type { Sessions } from "./sessions.ts";

export interface ExpressStoreOptions {
	/** Whose session it is, for `listUser`, `destroyUser` and `maxPerUser`: `(session) => session.userId`. @default nobody's */
	readonly userOf?: (session: SessionData) => string | undefined;
}

/** A session as this process has it: what was read or written last. */
interface Known {
	/** `undefined`: others' changes are in Redis that this process has not seen. */
	readonly version: number | undefined;
	readonly userId: string | undefined;
	/** Each field as JSON. */
	readonly fields: ReadonlyMap<string, string>;
	readonly idleMs: number | undefined;
}

/**
 * A store of express-session over the sessions.
 *
 * A session that was destroyed while a request was under way stays so: what the request saves is dropped. Where two requests have
 * changed a session, the fields that each has changed are kept; of the same field, the later one's. A session may be idle as long as
 * its cookie's `maxAge` says, or as the sessions' `idleMs` if it has none, and ends at `absoluteMs`. A request that changes nothing
 * costs one round trip; a new `maxAge` by itself is kept, too, as the change of a field is.
 *
 * @throws {InvalidArgumentError} an option is not acceptable
 */
export function expressStore(
	sessions: Sessions<SessionData>,
	options: ExpressStoreOptions = {},
): ExpressStore {
	if (typeof sessions?.handleOf !== "function")
		throw new InvalidArgumentError("sessions", sessions, "what createSessions() gives");
	checkKnown("", options, ["userOf"]);
	const { userOf } = options;
	if (userOf !== undefined && typeof userOf !== "function")
		throw new InvalidArgumentError("userOf", userOf, "a function");
	return new ExpressStore(sessions, options);
}

type Callback<R> = (error: unknown, result?: R) => void;

/** Made by {@link expressStore}. */
class ExpressStore extends session.Store {
	readonly #sessions: Sessions<SessionData>;
	readonly #userOf: ((session: SessionData) => string | undefined) | undefined;
	readonly #known = new WeakMap<SessionData, Known>();

	constructor(sessions: Sessions<SessionData>, { userOf }: ExpressStoreOptions) {
		super();
		this.#sessions = sessions;
		this.#userOf = userOf;
	}

	override createSession(request: Request, data: SessionData): session.Session & SessionData {
		const known = this.#known.get(data);
		const made = super.createSession(request, data);
		if (known !== undefined) this.#known.set(made, known);
		return made;
	}

	override get(id: string, callback: Callback<SessionData | null>): void {
		settle(this.#get(id), callback);
	}

	override set(id: string, data: SessionData, callback?: Callback<void>): void {
		settle(this.#set(id, data), callback);
	}

	override destroy(id: string, callback?: Callback<void>): void {
		settle(
			this.#sessions.destroy(id).then(() => {}),
			callback,
		);
	}

	override touch(id: string, data: SessionData, callback?: Callback<void>): void {
		settle(this.#touch(id, data), callback);
	}

	/** Without their ids, which Redis does not have. */
	override all(callback: Callback<SessionData[]>): void {
		settle(
			this.#all().then((all) => [...all.values()]),
			callback,
		);
	}

	override length(callback: Callback<number>): void {
		settle(
			this.#all().then((all) => all.size),
			callback,
		);
	}

	override clear(callback?: Callback<void>): void {
		settle(this.#sessions.clear(), callback);
	}

	async #get(id: string): Promise<SessionData | null> {
		const found = await this.#sessions.get(id);
		if (found === null) return null;
		const { data, version, userId } = found;
		this.#known.set(data, { version, userId, fields: fieldsOf(data), idleMs: idleOf(data) });
		return data;
	}

	async #set(id: string, data: SessionData): Promise<void> {
		if (hasEnded(data)) return this.#sessions.destroy(id).then(() => {});
		try {
			await this.#write(id, data);
		} catch (error) {
			// Logged out meanwhile: there is nothing left to save, and no reason to fail the request.
			if (!hasCode(error, "RK_SESSION_GONE")) throw error;
		}
	}

	async #write(id: string, data: SessionData): Promise<void> {
		const known = this.#known.get(data);
		const [userId, idleMs, fields] = [this.#userOf?.(data), idleOf(data), fieldsOf(data)];
		const write = {
			// Once it had a maxAge, it keeps that as its own until it is told otherwise.
			idleMs: idleMs ?? null,
			...(this.#userOf === undefined || userId === known?.userId ? {} : { userId: userId ?? null }),
		};
		const merge = async (): Promise<undefined> => {
			await this.#sessions.update(id, (current) => merged(current, data, known?.fields, fields), write);
			return undefined;
		};
		let version: number | undefined;
		try {
			if (known?.version !== undefined) version = await this.#sessions.save(id, data, known.version, write);
			else if (known !== undefined) version = await merge();
			else {
				const options = {
					id,
					...(idleMs === undefined ? {} : { idleMs }),
					...(userId === undefined ? {} : { userId }),
				};
				version = (await this.#sessions.create(data, options)).version;
			}
		} catch (error) {
			if (!hasCode(error, "RK_SESSION_CONFLICT")) throw error;
			version = await merge();
		}
		this.#known.set(data, { version, userId, fields, idleMs });
	}

	async #touch(id: string, data: SessionData): Promise<void> {
		if (hasEnded(data)) return this.#sessions.destroy(id).then(() => {});
		const [known, idleMs] = [this.#known.get(data), idleOf(data)];
		// Reading it has done so already.
		if (known !== undefined && isSameIdle(known.idleMs, idleMs)) return;
		// With the cookie, from which the next request takes the idle time.
		const { cookie } = data;
		try {
			await this.#sessions.update(id, (current) => ({ ...current, cookie }), { idleMs: idleMs ?? null });
		} catch (error) {
			if (!hasCode(error, "RK_SESSION_GONE")) throw error;
		}
		if (known !== undefined) this.#known.set(data, { ...known, version: undefined, idleMs });
	}

	async #all(): Promise<Map<string, SessionData>> {
		const all = new Map<string, SessionData>();
		for await (const { handle, data } of this.#sessions.all()) all.set(handle, data);
		return all;
	}
}

export type { ExpressStore };

/** Calls back outside of the promise, so that what the callback throws is not lost in it. */
function settle<R>(promise: Promise<R>, callback: Callback<R> | undefined): void {
	promise.then(
		(result) => process.nextTick(() => callback?.(null, result)),
		(error: unknown) => process.nextTick(() => callback?.(error)),
	);
}

/** By its code: in CommonJS the sessions are of another file than the store, with error classes of its own. */
function hasCode(error: unknown, code: string): boolean {
	return error instanceof RkError && error.code === code;
}

/** Milliseconds that the cookie lives; `undefined`: until the browser is closed. */
function idleOf({ cookie }: SessionData): number | undefined {
	const { originalMaxAge } = cookie;
	return typeof originalMaxAge === "number" ? Math.max(1, Math.round(originalMaxAge)) : undefined;
}

/** A cookie loses a millisecond where one passes while express-session sets it. */
function isSameIdle(a: number | undefined, b: number | undefined): boolean {
	return a === b || (a !== undefined && b !== undefined && Math.abs(a - b) < 10);
}

function hasEnded({ cookie }: SessionData): boolean {
	return typeof cookie.originalMaxAge === "number" && cookie.originalMaxAge <= 0;
}

function fieldsOf(data: SessionData): Map<string, string> {
	const fields = new Map<string, string>();
	for (const [name, value] of Object.entries(data)) {
		const text: string | undefined = JSON.stringify(value);
		if (text !== undefined) fields.set(name, text);
	}
	return fields;
}

/** The session as others have made it, with what was changed here since it was read. */
function merged(
	current: SessionData,
	data: SessionData,
	before: ReadonlyMap<string, string> | undefined,
	fields: ReadonlyMap<string, string>,
): SessionData {
	const result = { ...current };
	for (const name of before?.keys() ?? []) if (!fields.has(name)) Reflect.deleteProperty(result, name);
	for (const [name, text] of fields) {
		if (before?.get(name) !== text) Reflect.set(result, name, Reflect.get(data, name));
	}
	return result;
}
