import { LRUCache } from "lru-cache";
import type { TagToken } from "./envelope.ts";

/** What Redis has for a tag. Text that is made at random: no clock takes part in it. */
export interface Token {
	/** Another one: what was cached with it is gone. */
	readonly hard: string;
	/** Another one: what was cached with it is past its time. */
	readonly soft: string;
	/** The server's Unix time in ms of its last change. */
	readonly changedAt: number;
}

export function parseToken(text: string): Token {
	const [hard = "", soft = "", changedAt] = text.split("|");
	return { hard, soft, changedAt: Number(changedAt) };
}

/** What this process knows of a tag. */
export class Tag {
	readonly name: string;
	/** Grows whenever what was cached with the tag is gone, or may be; not a number once the tag is forgotten, which equals nothing. */
	gone = 0;
	/** Grows whenever what was cached with the tag is past its time. */
	past = 0;
	token: Token | undefined;
	/** Until when `token` need not be read again, if the bus is in order. */
	knownUntil = 0;
	/** Until when (Unix ms) the token lives in Redis at least; what lives longer needs it to be asked for again. */
	livesUntil = 0;
	/** At which count of {@link Tags.changes} it was invalidated last. */
	changedAt: number;

	constructor(name: string, changedAt: number) {
		this.name = name;
		this.changedAt = changedAt;
	}
}

/** A tag as it was at a moment: before its token was read, or a load began. */
export interface TagRef {
	readonly tag: Tag;
	readonly gone: number;
	readonly past: number;
}

/** Tags remembered at most. What was cached with one that is forgotten is read from Redis again. */
const MAX_TAGS = 10_000;

/** The tags of a cache, and the namespace, which is a tag of everything. */
export class Tags {
	readonly namespace: Tag = new Tag("", 0);
	/** Counts invalidations of tags, to tell which came after a load began. */
	changes = 0;
	readonly #keepMs: number;
	readonly #tags: LRUCache<string, Tag> = new LRUCache({
		max: MAX_TAGS,
		dispose: (tag) => {
			tag.gone = Number.NaN;
			tag.token = undefined;
		},
	});

	/** @param keepMs how long a token is known without being read again */
	constructor(keepMs: number) {
		this.#keepMs = keepMs;
	}

	/** A tag that is new here may have been invalidated and forgotten: it counts as changed just now. */
	of(name: string): Tag {
		const known = this.#tags.get(name);
		if (known !== undefined) return known;
		this.changes += 1;
		const tag = new Tag(name, this.changes);
		this.#tags.set(name, tag);
		return tag;
	}

	/** All of them as they are now. */
	refs(names: readonly string[]): TagRef[] {
		return names.map((name) => refTo(this.of(name)));
	}

	/** The same with the namespace as the first. */
	refsWithNamespace(names: readonly string[]): TagRef[] {
		return [refTo(this.namespace), ...this.refs(names)];
	}

	/** What was read from Redis, unless the tag has changed since `ref` was taken: then it may be what was before. */
	learn(ref: TagRef, token: Token, now: number): void {
		if (!isAsBefore(ref)) return;
		const { tag } = ref;
		if (tag.token !== undefined && tag.token.hard !== token.hard) tag.gone += 1;
		if (tag.token !== undefined && tag.token.soft !== token.soft) tag.past += 1;
		tag.token = token;
		tag.knownUntil = now + this.#keepMs;
	}

	/** The tag was invalidated, here or elsewhere; its token is to be read again. */
	invalidated(tag: Tag, kind: "hard" | "soft"): void {
		this.changes += 1;
		tag.changedAt = this.changes;
		if (kind === "hard") tag.gone += 1;
		tag.past += 1;
		tag.token = undefined;
		tag.livesUntil = 0;
	}

	/** Another process invalidated it. A tag that is not known here is that of no entry. */
	invalidatedElsewhere(name: string, kind: "hard" | "soft"): void {
		const tag = this.#tags.peek(name);
		if (tag !== undefined) this.invalidated(tag, kind);
	}

	/** Invalidations may have been missed: nothing that is known counts any more. */
	distrust(): void {
		for (const tag of this.#tags.values()) this.invalidated(tag, "hard");
		this.invalidated(this.namespace, "hard");
	}
}

/** Nothing was invalidated since the tag was looked at. */
export function isAsBefore({ tag, gone, past }: TagRef): boolean {
	return tag.gone === gone && tag.past === past;
}

/** What is written with a value. */
export function tokenOf(tag: string, { hard, soft }: Token): TagToken {
	return { tag, hard, soft };
}

export function refTo(tag: Tag): TagRef {
	return { tag, gone: tag.gone, past: tag.past };
}
