import type { CallOptions, Command, RedisPort } from "@rk/client";
import { LockConfigError } from "./errors.ts";
import { Extensions } from "./extensions.ts";
import { type Names, plainNames, revocationsOf, richNames } from "./names.ts";
import type { ResolvedLocksOptions } from "./options.ts";
import { acquire, acquirePlain, type Found, forceRelease, type Grant, inspect, release } from "./scripts.ts";
import type { Stake } from "./stake.ts";
import { isCode } from "./transient.ts";

/** What one who wants a lock says of himself. */
export interface Claim {
	readonly names: Names;
	readonly token: string;
	readonly ttlMs: number;
	readonly meta: string;
	/** Takes it from whoever holds it. */
	readonly steal: boolean;
}

export type Answer = Exclude<Grant, "foreign">;

export interface Busy {
	/** How long it lives if nothing extends it; −1: for ever. */
	readonly ttlMs: number;
	readonly holder: string;
}

/** The locks as one Redis keeps them: names, layout, and each script's errors in the words of locks. */
export class LockStore {
	readonly #redis: RedisPort;
	readonly #options: ResolvedLocksOptions;
	readonly #extensions: Extensions;
	readonly #fenceTtl: string;
	readonly #revocations: string;
	readonly #gaveBack: (names: Names, listeners: number) => void;

	/** @param gaveBack told of each lock that this process gave back while somebody listened */
	constructor(
		redis: RedisPort,
		options: ResolvedLocksOptions,
		gaveBack: (names: Names, listeners: number) => void = () => {},
	) {
		this.#redis = redis;
		this.#options = options;
		this.#extensions = new Extensions(redis);
		this.#fenceTtl = options.fencing ? String(options.fenceTtlMs) : "";
		this.#revocations = revocationsOf(options.prefix);
		this.#gaveBack = gaveBack;
	}

	namesOf(key: string): Names {
		const { layout, prefix } = this.#options;
		return layout === "plain" ? plainNames(prefix, key) : richNames(prefix, key);
	}

	/** @param announce tells those who wait as well that it is taken, so that they do not ask in vain */
	ask(claim: Claim, announce: boolean, call: CallOptions): Promise<Answer> {
		const { names } = claim;
		return this.#redis.command(this.#acquire(claim, announce), call).then(
			(answer) => (answer === "foreign" ? this.#foreign(names) : answer),
			(error: unknown) => misused(names, error),
		);
	}

	stakeOf(names: Names, token: string): Stake {
		return {
			extend: (ttlMs, timeoutMs) => this.#extensions.extend(names.lock, token, ttlMs, timeoutMs),
			release: (timeoutMs) => {
				const command = release([names.lock], [token, this.#wakeChannel(names)]);
				return this.#redis.command(command, { timeoutMs }).then(({ standing, listeners }) => {
					if (listeners > 0) this.#gaveBack(names, listeners);
					return standing;
				});
			},
		};
	}

	/** @throws {LockConfigError} the key holds another type */
	inspect(names: Names): Promise<Found> {
		const { replyTimeoutMs: timeoutMs } = this.#options;
		return this.#redis
			.command(inspect([names.lock], [this.#wakeChannel(names)]), { timeoutMs })
			.catch((error: unknown) => misused(names, error));
	}

	/** @throws {LockConfigError} the key holds another type */
	forceRelease(names: Names, reason: string): Promise<boolean> {
		const { replyTimeoutMs: timeoutMs } = this.#options;
		const args = [this.#wakeChannel(names), this.#revocations, reason];
		return this.#redis
			.command(forceRelease([names.lock], args), { timeoutMs })
			.catch((error: unknown) => misused(names, error));
	}

	#acquire({ names, token, ttlMs, meta, steal }: Claim, announce: boolean): Command<Grant> {
		const { lock, fence, channel } = names;
		const args = [token, String(ttlMs)];
		if (fence === undefined) {
			if (steal) args.push(this.#revocations);
			return acquirePlain([lock], args);
		}
		args.push(this.#fenceTtl);
		if (steal) args.push(meta, channel, this.#revocations);
		else if (announce) args.push(meta, channel);
		else if (meta !== "") args.push(meta);
		return acquire([lock, fence], args);
	}

	#foreign(names: Names): never {
		const what = `the value at ${names.lock} is not of the layout "${this.#options.layout}"`;
		throw new LockConfigError(names.key, what);
	}

	#wakeChannel(names: Names): string {
		return this.#options.wait === "pubsub" ? names.channel : "";
	}
}

function misused(names: Names, error: unknown): never {
	if (!isCode(error, "WRONGTYPE")) throw error;
	throw new LockConfigError(names.key, `${names.lock} or its fence holds another type than a string`, {
		cause: error,
	});
}
