import type {
	CreateSessionOptions,
	ListedSession,
	NewSession,
	Session,
	WriteSessionOptions,
} from "./session.ts";

/** What {@link Sessions.get} may be told. */
export interface GetSessionOptions {
	/** Begins the idle time anew. @default true */
	readonly touch?: boolean;
}

export interface UpdateSessionOptions extends WriteSessionOptions {
	/** Ends the waiting between two attempts. */
	readonly signal?: AbortSignal;
}

/**
 * Sessions on the server's side: their ids are for cookies, and Redis has only the hashes of these.
 *
 * No write makes a session anew: what was destroyed or has ended stays so, however late a save comes. Where Redis itself fails, the
 * port's CommandError comes as it is, and nothing is sent twice.
 */
export interface Sessions<T> {
	/**
	 * Makes a session. With a user it is entered in the user's index before it is made, and beyond `maxPerUser` those that have
	 * been the user's the longest are destroyed after it.
	 *
	 * @throws {SessionGoneError} `destroyUser` was called meanwhile
	 * @throws {SessionConflictError} there is one with the `id` that was given
	 * @throws {InvalidArgumentError} JSON has no such data; what another codec throws comes as it is
	 */
	create(data: T, options?: CreateSessionOptions): Promise<NewSession>;

	/**
	 * The session, or `null` if there is none, in one round trip that also begins its idle time anew, once `touchRatio` of it has
	 * passed. Data that the codec cannot read is no session; `onCorrupt` is told.
	 */
	get(id: string, options?: GetSessionOptions): Promise<Session<T> | null>;

	/**
	 * Writes the data, if the session still has the version that was read; the new version.
	 *
	 * @throws {SessionConflictError} it was changed meanwhile: nothing was written
	 * @throws {SessionGoneError} it was destroyed or has ended: nothing was written
	 */
	save(id: string, data: T, version: number, options?: WriteSessionOptions): Promise<number>;

	/**
	 * Reads the session, has `change` make the new data, and writes them, again and again until nobody has changed it in between:
	 * 100 times at most, with random pauses of up to 50 ms. `change` may so be called several times.
	 *
	 * @throws {SessionGoneError}
	 * @throws {SessionConflictError} after 100 attempts
	 * @throws {SessionCorruptError} the data cannot be read
	 */
	update(
		id: string,
		change: (data: T) => T | Promise<T>,
		options?: UpdateSessionOptions,
	): Promise<Session<T>>;

	/** Begins the idle time anew, as `get` does, or with another one; `null` is the factory's. `false`: there is no session. */
	touch(id: string, options?: { readonly idleMs?: number | null }): Promise<boolean>;

	/**
	 * Gives the session a new id, as after a login; the old one leads to it for `graceMs`, over 99 later rotations at most, for the
	 * requests under way, and whoever uses it later is told to `onReuse`. `null`: another request has done so just now, and its answer has the new id.
	 *
	 * Where an answer is lost it asks once more. When that fails too and the `outcome` is `unknown`, the session may be at its new id:
	 * `rotate` of the old one, within `graceMs` and on the same `Sessions`, gives that id. The old one still leads to it as long.
	 *
	 * @throws {SessionGoneError}
	 * @throws {SessionConflictError} it was changed in each of 100 attempts: it keeps its id
	 */
	rotate(id: string): Promise<NewSession | null>;

	/** Logs out. `false`: there was no session. */
	destroy(id: string): Promise<boolean>;

	/**
	 * Logs the user out everywhere, `except` for the session of this id; how many there were. Sessions that are still being made are
	 * not made, and those that are being rotated end too. One that `update` or `save` gives to the user meanwhile is a later login.
	 */
	destroyUser(userId: string, options?: { readonly except?: string }): Promise<number>;

	/** The user's sessions, the newest first. */
	listUser(userId: string): Promise<Array<ListedSession<T>>>;

	/** How many sessions the user has. */
	count(userId: string): Promise<number>;

	/** All sessions there are, by SCAN of every master: one may come twice, or not at all if it is made meanwhile. */
	all(): AsyncIterable<ListedSession<T>>;

	/** Destroys all sessions there are, a page at a time. */
	clear(): Promise<void>;

	/** What Redis has of an id, and {@link ListedSession.handle}: to find one's own in a list. */
	handleOf(id: string): string;
}
