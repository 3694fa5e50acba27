import type { CallOptions, RedisPort } from "@rk/client";
import { SessionCorruptError } from "./errors.ts";
import type { ResolvedOptions, ReusedId } from "./options.ts";
import {
	createScript,
	destroyScript,
	followScript,
	readScript,
	type StoredSession,
	saveScript,
} from "./scripts.ts";
import type { Session, WriteSessionOptions } from "./session.ts";
import { handleOf, type Keys, keysFor } from "./session-id.ts";
import { SETTLED_MS } from "./user-index.ts";

/** Rotations of one session within one grace, each two round trips on the way from the first id; more are no client's. */
const MOST_HOPS = 100;

/** What came of some work, and where. */
interface Done<R> {
	readonly handle: string;
	readonly result: R;
}

/** Sessions by their handle, one command each. */
export class SessionTable<T> {
	readonly redis: RedisPort;
	readonly options: ResolvedOptions<T>;
	readonly keys: Keys;

	constructor(redis: RedisPort, options: ResolvedOptions<T>) {
		this.redis = redis;
		this.options = options;
		this.keys = keysFor(options.prefix);
	}

	/** Does the work at the session of this id, or at the one that it was rotated to; `null` where the work finds none. */
	async at<R>(id: string, work: (handle: string) => Promise<R | null>): Promise<Done<R> | null> {
		let handle = handleOf(id);
		for (let hop = 0; hop < MOST_HOPS; hop++) {
			const result = await work(handle);
			if (result !== null) return { handle, result };
			const pointer = await this.redis.command(followScript([this.keys.session(handle)]));
			if (pointer === null) return null;
			if (!pointer.inGrace) {
				const reused: ReusedId = { userId: pointer.user === "" ? undefined : pointer.user, handle };
				tell(this.options.onReuse, reused);
				return null;
			}
			handle = pointer.to;
		}
		return null;
	}

	/** 1 made, 0 there is one, −1 there was one. It is not sent when it comes too late for who destroys all of the user's. */
	create(
		handle: string,
		data: string | Buffer,
		userId: string | undefined,
		idleMs: number | undefined,
		call: CallOptions = { timeoutMs: SETTLED_MS / 2 },
	): Promise<number> {
		const { absoluteMs, idleMs: idle } = this.options;
		const times = [String(idleMs ?? idle), String(absoluteMs)];
		const args = [data, userId ?? "", ...times];
		return this.redis.command(createScript([this.keys.session(handle)], args), call);
	}

	/** @param touch begins the idle time anew, if enough of it has passed */
	read(handle: string, touch: boolean, idleMs?: number | null): Promise<StoredSession | null> {
		const ratio = touch ? Math.round(this.options.touchRatio * 1_000) : -1;
		const args = [String(ratio), this.#idleText(idleMs)];
		return this.redis.command(readScript([this.keys.session(handle)], args));
	}

	/** The new version; 0: it has another version; −1: there is none. */
	save(
		handle: string,
		version: number,
		data: string | Buffer,
		{ userId, idleMs }: WriteSessionOptions,
	): Promise<number> {
		const args = [
			String(version),
			data,
			this.#idleText(idleMs),
			...(userId === undefined ? [] : [userId ?? ""]),
		];
		return this.redis.command(saveScript([this.keys.session(handle)], args));
	}

	/** As the scripts take it: `""` leaves the session's own. */
	#idleText(idleMs: number | null | undefined): string {
		return idleMs === undefined ? "" : String(idleMs ?? this.options.idleMs);
	}

	/** The user of the session, `""` for none; `null`: there was none. */
	destroy(handle: string): Promise<string | null> {
		return this.redis.command(destroyScript([this.keys.session(handle)], [String(SETTLED_MS)]));
	}

	/** @throws {SessionCorruptError} */
	decoded(handle: string, stored: StoredSession): Session<T> {
		const userId = stored.user === "" ? undefined : stored.user;
		const { version, createdMs, deadlineMs, expiresInMs } = stored;
		return {
			data: this.#decode(handle, stored, userId),
			version,
			userId,
			createdMs,
			deadlineMs,
			expiresInMs,
		};
	}

	/** `null`: its data cannot be read, which somebody is told. */
	readable(handle: string, stored: StoredSession): Session<T> | null {
		try {
			return this.decoded(handle, stored);
		} catch (error) {
			if (!(error instanceof SessionCorruptError)) throw error;
			tell(this.options.onCorrupt, error);
			return null;
		}
	}

	#decode(handle: string, { data }: StoredSession, userId: string | undefined): T {
		try {
			return this.options.codec.decode(data);
		} catch (cause) {
			throw new SessionCorruptError(handle, userId, cause);
		}
	}
}

function tell<E>(listener: ((info: E) => void) | undefined, info: E): void {
	try {
		listener?.(info);
	} catch (error) {
		process.emitWarning(`A listener of sessions threw: ${String(error)}`, { code: "RK_LISTENER_ERROR" });
	}
}
