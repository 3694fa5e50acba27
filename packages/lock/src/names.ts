import { keyInSlot, slotOf } from "@rk/client";

/** The names of one lock in Redis, all of one slot. */
export interface Names {
	/** As the caller gave it. */
	readonly key: string;
	readonly lock: string;
	/** `undefined` in the plain layout, which has only the lock. */
	readonly fence: string | undefined;
	/** The shard channel on which waiters are woken. */
	readonly channel: string;
}

/**
 * `lock:{orders:42}` and its siblings: the key is the hash tag, so that the lock of `orders:42` lives beside `{orders:42}:items`.
 * Braces in a key would end the tag, and are percent-encoded: such a lock is in another slot than its key.
 */
export function richNames(prefix: string, key: string): Names {
	const tag = /[%{}]/.test(key) ? key.replace(/[%{}]/g, encodeURIComponent) : key;
	const lock = `${prefix}{${tag}}`;
	return { key, lock, fence: `${lock}:fence`, channel: `${lock}:wake` };
}

/** Where holders hear that a lock was taken from them: one channel for all, so that acquiring costs no subscription. */
export function revocationsOf(prefix: string): string {
	return `${prefix}revoked`;
}

/** The key is as other programs have it, so that only the channel is free to be fitted to its slot. */
export function plainNames(prefix: string, key: string): Names {
	const lock = `${prefix}${key}`;
	return { key, lock, fence: undefined, channel: siblingOf(lock, "wake") };
}

/** A name in the slot of a key that somebody else chose. Different keys have different siblings. */
export function siblingOf(key: string, name: string): string {
	const tag = /[{}]/.test(key) ? keyInSlot(slotOf(key)) : key;
	return tag === key ? `{${key}}:${name}` : `{${tag}}${key}:${name}`;
}
