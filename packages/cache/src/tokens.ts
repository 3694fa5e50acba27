import type { TagToken } from "./envelope.ts";
import type { Memory } from "./memory.ts";
import { areSameTexts } from "./names.ts";
import { type Remote, TOKEN_MS } from "./remote.ts";
import { refTo, type Tag, type TagRef, type Tags, type Token, tokenOf } from "./tags.ts";

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

/** Tokens that live long enough, for all who ask for the same ones until they are asked for of Redis. */
interface Ensured {
	readonly tags: readonly string[];
	readonly lifeMs: number;
	readonly seen: Promise<Seen>;
}

/** What is written with a value. */
export function stampsOf({ tags }: Seen): TagToken[] {
	return [...tags].flatMap(([tag, { token }]) => (token === undefined ? [] : [tokenOf(tag, token)]));
}

/** The tokens of the namespace and of tags: from memory where they are sure enough, and from Redis. */
export class Tokens {
	readonly #remote: Remote;
	readonly #memory: Memory | undefined;
	readonly #tags: Tags;
	readonly #clock: () => number;
	#ensured: Ensured | undefined;

	constructor(remote: Remote, memory: Memory | undefined, tags: Tags, clock: () => number) {
		this.#remote = remote;
		this.#memory = memory;
		this.#tags = tags;
		this.#clock = clock;
	}

	/** The namespace's need not be read again. */
	get namespaceIsKnown(): boolean {
		return this.#known(this.#tags.namespace) !== undefined;
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
		const last = this.#ensured;
		if (last?.lifeMs === lifeMs && areSameTexts(last.tags, tags)) return last.seen;
		const seen = new Promise<Seen>((resolve) => {
			process.nextTick(() => {
				if (this.#ensured?.seen === seen) this.#ensured = undefined;
				resolve(this.#remote.tokensFor(tags, lifeMs).then((tokens) => this.#learnFor(refs, tokens, lifeMs)));
			});
		});
		this.#ensured = { tags, lifeMs, seen };
		return seen;
	}

	/** Those that need not be read again. */
	#knownFor([namespace, ...refs]: readonly TagRef[], lifeMs: number): Seen | undefined {
		const until = endOf(this.#clock(), lifeMs);
		const tags = new Map<string, SeenTag>();
		const first = namespace === undefined ? undefined : this.#known(namespace.tag);
		if (first === undefined || this.#tags.namespace.livesUntil < until) return undefined;
		for (const ref of refs) {
			const { tag } = ref;
			const token = this.#known(tag);
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

	/** Takes in tokens that were read after `refs` were taken. */
	learn(refs: readonly TagRef[], tokens: ReadonlyArray<Token | undefined>): Seen {
		const now = this.#clock();
		let tags: Map<string, SeenTag> | undefined;
		for (let i = 0; i < refs.length; i++) {
			const ref = refs[i];
			const token = tokens[i];
			if (ref === undefined) continue;
			if (token !== undefined) this.#tags.learn(ref, token, now);
			if (i === 0) continue; // the namespace
			tags ??= new Map();
			tags.set(ref.tag.name, { ref, token });
		}
		return { namespace: tokens[0], tags: tags ?? NO_TAGS };
	}

	/** The tag's token, if it is sure enough not to be read again. */
	#known(tag: Tag): Token | undefined {
		if (tag.token === undefined || this.#memory === undefined) return undefined;
		const now = this.#clock();
		return now < tag.knownUntil && this.#memory.isTrusted(now) ? tag.token : undefined;
	}

	/** All tokens that are needed, without asking Redis; `undefined`: that is not possible. */
	sure(names: readonly string[], seen: Seen | undefined): Seen | undefined {
		const namespace = seen === undefined ? this.#known(this.#tags.namespace) : seen.namespace;
		if (namespace === undefined && seen === undefined) return undefined;
		if (names.length === 0) return seen ?? { namespace, tags: NO_TAGS };
		const tags = new Map<string, SeenTag>();
		for (const name of names) {
			let one = seen?.tags.get(name);
			if (one === undefined) {
				const tag = this.#tags.of(name);
				const token = this.#known(tag);
				if (token === undefined) return undefined;
				one = { ref: refTo(tag), token };
			}
			tags.set(name, one);
		}
		return { namespace, tags };
	}

	/** The same, from Redis. @param seen those that were read already */
	async ask(names: readonly string[], seen: Seen | undefined): Promise<Seen> {
		const missing = names.filter((name) => !seen?.tags.has(name));
		const refs = this.#tags.refsWithNamespace(missing);
		const asked = this.learn(refs, await this.#remote.tokens(missing));
		return { namespace: asked.namespace, tags: new Map([...(seen?.tags ?? []), ...asked.tags]) };
	}
}

function endOf(now: number, lifeMs: number): number {
	return lifeMs === 0 ? Number.POSITIVE_INFINITY : now + lifeMs;
}

const NO_TAGS: ReadonlyMap<string, SeenTag> = new Map();
