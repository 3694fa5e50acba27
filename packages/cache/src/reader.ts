import { createHash } from "node:crypto";
import { CommandError } from "@rk/client";
import type { Codec } from "./codec.ts";
import { Entry, type Held } from "./entry.ts";
import { type Envelope, readEnvelope, type TagToken } from "./envelope.ts";
import type { Events } from "./events.ts";
import type { InvalidationQueue } from "./invalidation-queue.ts";
import type { Memory } from "./memory.ts";
import type { Presentation, Schema } from "./presentation.ts";
import { type Remote, TOKEN_MS } from "./remote.ts";
import type { Counts } from "./stats.ts";
import { refTo, type Tag, type TagRef, type Tags, type Token, tokenOf } from "./tags.ts";
import type { Turns } from "./turns.ts";

/** A tag's token, and the tag as it was before that was read: what changes it meanwhile is noticed by the difference. */
interface SeenTag {
	readonly ref: TagRef;
	readonly token: Token | undefined;
}

/** Tokens that were read for one call, and are not to be taken from memory. */
export interface Seen {
	readonly namespace: Token | undefined;
	readonly tags: ReadonlyMap<string, SeenTag>;
}

/** The token of the namespace, asked for by the first read of a turn, for all reads of that turn: it leaves after each of them has begun. */
interface Asked {
	readonly turn: number;
	readonly answer: Promise<unknown>;
	/** What the answer was, once it is there. */
	seen: Seen | undefined;
}

/** Tokens that live long enough, asked for by the first write or load of a turn, for all of that turn that go with the same tags. */
interface Ensured {
	readonly turn: number;
	readonly tags: readonly string[];
	readonly lifeMs: number;
	readonly seen: Promise<Seen>;
}

/** What is written with a value. */
export function stampsOf({ tags }: Seen): TagToken[] {
	return [...tags].flatMap(([tag, { token }]) => (token === undefined ? [] : [tokenOf(tag, token)]));
}

/** Reads values of Redis: only what can be read, and nothing has invalidated since. */
export class Reader {
	readonly #remote: Remote;
	readonly #memory: Memory | undefined;
	readonly #tags: Tags;
	readonly #queue: InvalidationQueue;
	readonly #codec: Codec;
	readonly #presentation: Presentation;
	readonly #clock: () => number;
	readonly #turns: Turns;
	readonly #events: Events;
	readonly #counts: Counts;
	#asked: Asked | undefined;
	#ensured: Ensured | undefined;

	constructor(
		remote: Remote,
		memory: Memory | undefined,
		tags: Tags,
		queue: InvalidationQueue,
		codec: Codec,
		presentation: Presentation,
		clock: () => number,
		turns: Turns,
		events: Events,
		counts: Counts,
	) {
		this.#remote = remote;
		this.#memory = memory;
		this.#tags = tags;
		this.#queue = queue;
		this.#codec = codec;
		this.#presentation = presentation;
		this.#clock = clock;
		this.#turns = turns;
		this.#events = events;
		this.#counts = counts;
	}

	/** `undefined`: there is none that may be served. One that is past its time may be, in some cases. */
	read(key: string, wanted: readonly string[], schema: Schema | undefined): Promise<Entry | undefined> {
		if (this.known(this.#tags.namespace, this.#clock()) !== undefined)
			return this.#remote.get(key, (bytes) =>
				bytes === null ? undefined : this.judge(key, bytes, wanted, schema, undefined),
			);
		const asked = this.#asked;
		if (wanted.length > 0 || asked?.turn !== this.#turns.now)
			return this.#readWithTokens(key, wanted, schema);
		// Nothing has left yet of what asks for the token: it is read after this call began, as it has to be.
		return this.#remote.get(key, (bytes) => {
			if (bytes === null) return undefined;
			if (asked.seen !== undefined) return this.judge(key, bytes, wanted, schema, asked.seen);
			return asked.answer.then(() => this.judge(key, bytes, wanted, schema, asked.seen));
		});
	}

	#readWithTokens(
		key: string,
		wanted: readonly string[],
		schema: Schema | undefined,
	): Promise<Entry | undefined> {
		const refs = this.refs(wanted);
		const answer = this.#remote.getWithTokens(key, wanted);
		const asked: Asked = { turn: this.#turns.now, answer, seen: undefined };
		this.#asked = asked;
		return answer.then(({ bytes, tokens }) => {
			const seen = this.learn(refs, tokens);
			asked.seen = seen;
			if (bytes instanceof CommandError) throw bytes;
			return bytes === null ? undefined : this.judge(key, bytes, wanted, schema, seen);
		});
	}

	/** The tag's token, if it is sure enough not to be read again. */
	known(tag: Tag, now: number): Token | undefined {
		if (tag.token === undefined || now >= tag.knownUntil || !this.#memory?.isTrusted(now)) return undefined;
		return tag.token;
	}

	/**
	 * The tokens of the namespace and these tags, which live as long as what is about to be cached.
	 *
	 * @param refs of the namespace and the tags, from before
	 * @param lifeMs 0: no end
	 */
	ensure(refs: readonly TagRef[], tags: readonly string[], lifeMs: number): Seen | Promise<Seen> {
		const known = this.#knownFor(refs, lifeMs);
		if (known !== undefined) return known;
		const turn = this.#turns.now;
		const last = this.#ensured;
		if (last?.turn === turn && last.tags === tags && last.lifeMs === lifeMs) return last.seen;
		const seen = this.#remote.tokensFor(tags, lifeMs).then((tokens) => this.#learnFor(refs, tokens, lifeMs));
		this.#ensured = { turn, tags, lifeMs, seen };
		return seen;
	}

	/** Those that need not be read again. */
	#knownFor([namespace, ...refs]: readonly TagRef[], lifeMs: number): Seen | undefined {
		const now = this.#clock();
		const until = endOf(now, lifeMs);
		const tags = new Map<string, SeenTag>();
		const first = namespace === undefined ? undefined : this.known(namespace.tag, now);
		if (first === undefined || this.#tags.namespace.livesUntil < until) return undefined;
		for (const ref of refs) {
			const { tag } = ref;
			const token = this.known(tag, now);
			if (token === undefined || tag.livesUntil < until) return undefined;
			tags.set(tag.name, { ref, token });
		}
		return { namespace: first, tags };
	}

	/** Takes in tokens that now live as long as was asked for. */
	#learnFor(refs: readonly TagRef[], tokens: readonly Token[], lifeMs: number): Seen {
		const until = endOf(this.#clock(), lifeMs === 0 ? 0 : Math.max(TOKEN_MS, lifeMs));
		for (const { tag } of refs) tag.livesUntil = Math.max(tag.livesUntil, until);
		return this.learn(refs, tokens);
	}

	/** The namespace and these tags as they are now, before their tokens are read. */
	refs(tags: readonly string[]): TagRef[] {
		return [refTo(this.#tags.namespace), ...this.#tags.refs(tags)];
	}

	/** Takes in tokens that were read after `refs` were taken. */
	learn(refs: readonly TagRef[], tokens: ReadonlyArray<Token | undefined>): Seen {
		const now = this.#clock();
		const seen = new Map<string, SeenTag>();
		for (const [i, ref] of refs.entries()) {
			const token = tokens[i];
			if (token !== undefined) this.#tags.learn(ref, token, now);
			if (i > 0) seen.set(ref.tag.name, { ref, token });
		}
		return { namespace: tokens[0], tags: seen };
	}

	/** The tokens that all of these need, read at once; `undefined`: those that are known will do. */
	async seenFor(
		all: ReadonlyArray<Buffer | null | Error>,
		wanted: readonly string[],
	): Promise<Seen | undefined> {
		const names = new Set(wanted);
		for (const bytes of all) {
			if (!Buffer.isBuffer(bytes)) continue;
			const envelope = readEnvelope(bytes);
			if (typeof envelope === "object") for (const { tag } of envelope.tags) names.add(tag);
		}
		return this.#sure([...names], undefined) === undefined ? this.#ask([...names], undefined) : undefined;
	}

	/** The entry that the bytes are, if it may be served. @param seen `undefined`: tokens that are known will do */
	judge(
		key: string,
		bytes: Buffer,
		wanted: readonly string[],
		schema: Schema | undefined,
		seen: Seen | undefined,
	): Entry | undefined | Promise<Entry | undefined> {
		const envelope = this.#open(key, bytes);
		if (envelope === undefined) return undefined;
		for (const tag of wanted) if (!envelope.tags.some((own) => own.tag === tag)) return undefined;
		const found = { key, bytes, envelope, schema };
		const names = envelope.tags.length === 0 ? NO_NAMES : envelope.tags.map(({ tag }) => tag);
		const sure = this.#sure(names, seen);
		if (sure !== undefined) return this.#compare(found, sure);
		return this.#ask(names, seen).then((asked) => this.#compare(found, asked));
	}

	/** Whether its tokens are those of now. */
	#compare(found: Found, { namespace, tags }: Seen): Entry | undefined | Promise<Entry | undefined> {
		const { key, bytes, envelope, schema } = found;
		if (namespace === undefined || !envelope.isOf(namespace.hard)) return undefined;
		let { expired } = envelope;
		let refs: TagRef[] | undefined;
		for (const { tag, hard, soft } of envelope.tags) {
			const { token, ref } = tags.get(tag) ?? NOT_SEEN;
			if (ref !== undefined) {
				refs ??= [];
				refs.push(ref);
			}
			const queued = this.#queue.coversTag(tag);
			if (token?.hard !== hard || queued === "hard") return undefined;
			if (token.soft !== soft || queued === "soft") expired = true;
		}
		try {
			const held = this.#presentation.present(key, envelope.payload, schema);
			if (!(held instanceof Promise)) return this.#entry(found, held, refs, expired);
			return held.then(
				(checked) => this.#entry(found, checked, refs, expired),
				(error: unknown) => this.#corrupt(key, bytes, error),
			);
		} catch (error) {
			return this.#corrupt(key, bytes, error);
		}
	}

	#entry(
		{ envelope }: Found,
		held: Held,
		refs: readonly TagRef[] | undefined,
		expired: boolean,
	): Entry | undefined {
		const now = this.#clock();
		// By a clock that goes ahead of this one it may be stored in the future, but it is not fresh for longer.
		const entry = new Entry(held, envelope, Math.min(envelope.storedAt, now), refs);
		if (expired) entry.expire();
		return now < entry.freshUntil || entry.isStale(now) || entry.isFallback(now) ? entry : undefined;
	}

	/** All tokens that are needed, without asking Redis; `undefined`: that is not possible. */
	#sure(names: readonly string[], seen: Seen | undefined): Seen | undefined {
		const now = this.#clock();
		const namespace = seen === undefined ? this.known(this.#tags.namespace, now) : seen.namespace;
		if (namespace === undefined && seen === undefined) return undefined;
		if (names.length === 0) return seen ?? { namespace, tags: NO_TAGS };
		const tags = new Map<string, SeenTag>();
		for (const name of names) {
			let one = seen?.tags.get(name);
			if (one === undefined) {
				const tag = this.#tags.of(name);
				const token = this.known(tag, now);
				if (token === undefined) return undefined;
				one = { ref: refTo(tag), token };
			}
			tags.set(name, one);
		}
		return { namespace, tags };
	}

	async #ask(names: readonly string[], seen: Seen | undefined): Promise<Seen> {
		const missing = names.filter((name) => !seen?.tags.has(name));
		const refs = this.refs(missing);
		const asked = this.learn(refs, await this.#remote.tokens(missing));
		return { namespace: asked.namespace, tags: new Map([...(seen?.tags ?? []), ...asked.tags]) };
	}

	/** `undefined`: it cannot be read, and is healed where it is not another version's or codec's. */
	#open(key: string, bytes: Buffer): Envelope | undefined {
		const envelope = readEnvelope(bytes);
		if (typeof envelope === "object") return envelope.codec === this.#codec.id ? envelope : undefined;
		return envelope === "newer" ? undefined : this.#corrupt(key, bytes, `the value is ${envelope}`);
	}

	/** It counts as missing, and is deleted, so that others need not find out. */
	#corrupt(key: string, bytes: Buffer, error: unknown): undefined {
		this.#counts.corrupt += 1;
		const problem = error instanceof Error ? error.message : String(error);
		if (this.#events.wanted) this.#events.emit({ type: "corrupt", key, problem });
		this.#remote.heal(key, createHash("sha1").update(bytes).digest("hex")).catch(() => {}); // the load will replace it
		return undefined;
	}
}

/** What was found in Redis, and is yet to be judged. */
interface Found {
	readonly key: string;
	readonly bytes: Buffer;
	readonly envelope: Envelope;
	readonly schema: Schema | undefined;
}

function endOf(now: number, lifeMs: number): number {
	return lifeMs === 0 ? Number.POSITIVE_INFINITY : now + lifeMs;
}

const NO_TAGS: ReadonlyMap<string, SeenTag> = new Map();
const NO_NAMES: readonly string[] = Object.freeze([]);
const NOT_SEEN: { readonly token: undefined; readonly ref: undefined } = Object.freeze({
	token: undefined,
	ref: undefined,
});
