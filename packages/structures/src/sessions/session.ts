/** A session as it was read. */
export interface Session<T> {
	readonly data: T;
	/** For {@link Sessions.save}: it grows with each write. */
	readonly version: number;
	/** `undefined`: it belongs to no user. */
	readonly userId: string | undefined;
	/** Unix time in milliseconds of the server. */
	readonly createdMs: number;
	/** When it ends at the latest, Unix time in milliseconds of the server. */
	readonly deadlineMs: number;
	/** When it ends if nobody uses it, in milliseconds from now. */
	readonly expiresInMs: number;
}

/** A session of a user's list. Its id is not in Redis, and so not here. */
export interface ListedSession<T> extends Omit<Session<T>, "version"> {
	/** The hash of its id: {@link Sessions.handleOf}. */
	readonly handle: string;
}

/** A session that was just made. */
export interface NewSession {
	/** For the cookie, and for nobody else's eyes. */
	readonly id: string;
	readonly version: number;
}

/** What a write may change beside the data. */
export interface WriteSessionOptions {
	/** Whose session it is from now on; `null`: nobody's. @default as before */
	readonly userId?: string | null;
	/** How long this one may be idle from now on, in whole milliseconds; `null`: as the factory says. @default as before */
	readonly idleMs?: number | null;
}

export interface CreateSessionOptions {
	/** Whose session it is, for `listUser`, `destroyUser` and `maxPerUser`. @default nobody's */
	readonly userId?: string;
	/** How long this one may be idle, in whole milliseconds. @default the factory's */
	readonly idleMs?: number;
	/** An id that was made elsewhere, with 128 random bits or more. @default made by `genId` */
	readonly id?: string;
}
