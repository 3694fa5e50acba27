import {
	type Command,
	checkInteger,
	checkKnown,
	checkPort,
	InvalidArgumentError,
	type RedisPort,
	type ScoreBound,
	type ScriptCall,
	ServerError,
	unlink,
	zcard,
	zrank,
	zrevrank,
} from "@rk/client";
import { inChunks } from "../chunks.ts";
import {
	checkMember,
	checkMembers,
	dataWord,
	entryWords,
	modeWord,
	withDataWord,
	wordsOfEntry,
} from "./arguments.ts";
import { LeaderboardLayoutError, LeaderboardScoreError } from "./errors.ts";
import { type Layout, layoutOf } from "./layout.ts";
import type {
	Added,
	AddMode,
	AddOptions,
	AroundOptions,
	ExportOptions,
	Leaderboard,
	LeaderboardEntry,
	ListOptions,
	NewEntry,
	ScoreRangeOptions,
} from "./leaderboard.ts";
import { type LeaderboardOptions, type ResolvedOptions, resolveOptions } from "./options.ts";
import { plainRange, plainScore, scoreCount } from "./plain.ts";
import { ranked } from "./ranked.ts";
import { Scores } from "./scores.ts";
import * as scripts from "./scripts.ts";

/**
 * Members by score, in Redis, with exact scores, the ranks that are wanted, and a rule for ties.
 *
 * With `ties: "lex"`, a ranking other than `dense` and without `memberData` the board is a sorted set at `leaderboard:<name>` and nothing
 * else, as any program reads and writes it. Other boards have more keys, all in its slot, and are written only by this package: their
 * layout is kept beside them, and others are refused.
 *
 * @throws {InvalidArgumentError} an option is not acceptable
 */
export function createLeaderboard(redis: RedisPort, options: LeaderboardOptions): Leaderboard {
	return new Board(redis, resolveOptions(options));
}

/** Entries in one script: few enough not to hold up other clients. */
const CHUNK = 500;
/** Scripts in one go. */
const FLUSH = 8;
/** What one round trip of a trim takes off. */
const TRIM = 1_000;

export class Board implements Leaderboard {
	readonly key: string;
	readonly #redis: RedisPort;
	readonly #options: ResolvedOptions;
	readonly #layout: Layout;
	readonly #scores: Scores;
	readonly #head: readonly string[];
	readonly #expiry: string;
	readonly #maxSize: string;
	/** What the scripts that write scores begin with. */
	readonly #writing: readonly string[];
	/** A sorted set, and ranks by place: the server's own commands do. */
	readonly #simple: boolean;

	/** @param expiresAtMs when the board expires, a Unix time in milliseconds, instead of a time after the last write */
	constructor(redis: RedisPort, options: ResolvedOptions, expiresAtMs?: number) {
		checkPort("redis", redis);
		const { order, ranking, scale, infinity, ttlMs, maxSize } = options;
		this.#redis = redis;
		this.#options = options;
		this.#layout = layoutOf(options);
		this.#scores = new Scores(scale, infinity);
		this.#head = [this.#layout.text, order, ranking];
		this.#expiry = expiresAtMs === undefined ? String(ttlMs ?? "") : `@${expiresAtMs}`;
		this.#maxSize = String(maxSize ?? "");
		this.#writing = [this.#expiry, this.#maxSize, String(this.#scores.most)];
		this.#simple = this.#layout.text === "plain" && ranking === "ordinal";
		this.key = `leaderboard:${options.name}`;
	}

	async add(member: string, score: number, options: AddOptions = {}): Promise<Added> {
		checkKnown("", options, ["mode", "data"]);
		const { mode = "set", data } = options;
		return this.#add(mode, member, this.#scores.text("score", score), data);
	}

	async incr(member: string, delta = 1, options: { readonly data?: string | null } = {}): Promise<Added> {
		checkKnown("", options, ["data"]);
		return this.#add("incr", member, this.#scores.text("delta", delta), options.data);
	}

	async #add(mode: AddMode, member: string, score: string, data: string | null | undefined): Promise<Added> {
		checkMember(member);
		const [how, what] = [modeWord(mode, this.#options), dataWord(data, this.#options)];
		const added = await this.#run(
			this.#simple && this.#maxSize === ""
				? this.#plainAdd(how, member, score)
				: this.#script(scripts.add, [...this.#writing, how, member, score, what]),
		);
		return {
			...added,
			score: this.#scores.read(added.score),
			previous: added.previous === null ? null : this.#scores.read(added.previous),
		};
	}

	#plainAdd(mode: string, member: string, score: string): Command<scripts.Addition> {
		const expiry = this.#expiry.startsWith("@")
			? ["PEXPIREAT", this.#expiry.slice(1)]
			: ["PEXPIRE", this.#expiry];
		const args = [this.#options.order, mode, member, score, String(this.#scores.most)];
		if (this.#expiry !== "") args.push(...expiry);
		return scripts.plainAdd(this.#layout.keys, args);
	}

	async addMany(
		entries: Iterable<NewEntry>,
		options: { readonly mode?: AddMode } = {},
	): Promise<{ added: number; updated: number }> {
		checkKnown("", options, ["mode"]);
		const head = [...this.#writing, modeWord(options.mode ?? "set", this.#options)];
		const words = entryWords(entries, this.#options, this.#scores);
		const total = { added: 0, updated: 0 };
		const chunks = inChunks(words, CHUNK * wordsOfEntry(this.#options));
		for (const flush of inChunks(chunks, FLUSH)) {
			for (const result of await this.#redis.batch(
				flush.map((chunk) => this.#script(scripts.addMany, [...head, ...chunk])),
			)) {
				if (result instanceof Error) throw this.#explained(result);
				total.added += result.added;
				total.updated += result.updated;
			}
		}
		return total;
	}

	async top(count: number, options?: ListOptions): Promise<LeaderboardEntry[]> {
		checkInteger("count", count, Number.MIN_SAFE_INTEGER);
		return this.#range(0, count, options);
	}

	async bottom(count: number, options?: ListOptions): Promise<LeaderboardEntry[]> {
		checkInteger("count", count, Number.MIN_SAFE_INTEGER);
		const withData = withDataWord(options, this.#options);
		if (count <= 0) return [];
		const from = -this.#capped(count);
		return (await this.#listed(this.#script(scripts.range, [withData, String(from), "-1"]))).reverse();
	}

	async page(page: number, size: number, options?: ListOptions): Promise<LeaderboardEntry[]> {
		checkInteger("page", page, 1, 1_000_000_000);
		checkInteger("size", size, 1, this.#options.maxEntries);
		return this.#range((page - 1) * size, size, options);
	}

	async rangeByRank(first: number, last: number, options?: ListOptions): Promise<LeaderboardEntry[]> {
		checkInteger("first", first, 1);
		checkInteger("last", last, 0);
		return this.#range(first - 1, last - first + 1, options);
	}

	async #range(from: number, count: number, options?: ListOptions): Promise<LeaderboardEntry[]> {
		const withData = withDataWord(options, this.#options);
		if (count <= 0) return [];
		const to = from + this.#capped(count) - 1;
		if (!this.#simple) return this.#listed(this.#script(scripts.range, [withData, String(from), String(to)]));
		const command = plainRange(this.key, from, to, this.#options.order);
		return ranked(await this.#run(command), "ordinal", this.#layout, this.#scores);
	}

	async around(member: string, count: number, options: AroundOptions = {}): Promise<LeaderboardEntry[]> {
		checkMember(member);
		checkInteger("count", count, 1);
		checkKnown("", options, ["fill", "withData"]);
		const { fill = true, ...list } = options;
		if (typeof fill !== "boolean") throw new InvalidArgumentError("fill", fill, "true or false");
		const withData = withDataWord(list, this.#options);
		const [most, edges] = [this.#capped(count), fill ? "1" : ""];
		if (!this.#simple)
			return this.#listed(this.#script(scripts.around, [withData, member, String(most), edges]));
		const before = Math.floor((most - 1) / 2);
		const args = [this.#options.order, member, String(most), String(before), edges];
		return this.#listed(scripts.plainAround(this.#layout.keys, args));
	}

	async rangeByScore(
		min: ScoreBound,
		max: ScoreBound,
		options: ScoreRangeOptions = {},
	): Promise<LeaderboardEntry[]> {
		checkKnown("", options, ["offset", "limit", "withData"]);
		const { offset = 0, limit = this.#options.maxEntries, ...list } = options;
		checkInteger("offset", offset, 0);
		checkInteger("limit", limit, 0);
		const [low, high] = [this.#scores.bound("min", min), this.#scores.bound("max", max)];
		const better = this.#options.order === "desc" ? high : low;
		const outside = better.startsWith("(") ? better.slice(1) : `(${better}`;
		const words = [String(offset), String(this.#capped(limit))];
		const args = [withDataWord(list, this.#options), low, high, outside, ...words];
		return this.#listed(this.#script(scripts.rangeByScore, args));
	}

	async rank(member: string): Promise<number | null> {
		checkMember(member);
		if (!this.#simple) return (await this.#lookUp([member]))[0]?.rank ?? null;
		const before = await this.#run(
			this.#options.order === "desc" ? zrevrank(this.key, member) : zrank(this.key, member),
		);
		return before === null ? null : before + 1;
	}

	async score(member: string): Promise<number | null> {
		checkMember(member);
		if (!this.#simple) return (await this.get(member))?.score ?? null;
		const score = await this.#run(plainScore(this.key, member));
		return score === null ? null : this.#scores.read(score);
	}

	async get(member: string): Promise<LeaderboardEntry | null> {
		return (await this.getMany([member]))[0] ?? null;
	}

	async getMany(members: readonly string[]): Promise<Array<LeaderboardEntry | null>> {
		checkMembers(members, this.#options);
		if (members.length === 0) return [];
		const found = await this.#lookUp(members);
		return members.map((member, i) => {
			const entry = found[i] ?? null;
			if (entry === null) return null;
			const data = this.#options.memberData ? { data: entry.data } : {};
			return { member, score: this.#scores.read(entry.score), rank: entry.rank, ...data };
		});
	}

	async countInRange(min: ScoreBound, max: ScoreBound): Promise<number> {
		return this.#run(scoreCount(this.key, this.#scores.bound("min", min), this.#scores.bound("max", max)));
	}

	async percentile(member: string): Promise<number | null> {
		checkMember(member);
		const found = await this.#run(this.#script(scripts.standing, [member]));
		return found === null ? null : (100 * (found.size - found.better)) / found.size;
	}

	async scoreAtPercentile(percent: number): Promise<number | null> {
		if (typeof percent !== "number" || !(percent >= 0 && percent <= 100))
			throw new InvalidArgumentError("percent", percent, "a number from 0 to 100");
		const score = await this.#run(this.#script(scripts.scoreAtPercentile, [String(percent)]));
		return score === null ? null : this.#scores.read(score);
	}

	async remove(members: string | readonly string[]): Promise<number> {
		const all = typeof members === "string" ? [members] : members;
		checkMembers(all, this.#options);
		return all.length === 0 ? 0 : this.#run(this.#script(scripts.remove, [this.#expiry, ...all]));
	}

	async trim(size: number): Promise<number> {
		checkInteger("size", size, 0);
		let removed = 0;
		for (;;) {
			const gone = await this.#run(this.#script(scripts.trim, [this.#expiry, String(size), String(TRIM)]));
			removed += gone;
			if (gone < TRIM) return removed;
		}
	}

	size(): Promise<number> {
		return this.#run(zcard(this.key));
	}

	async clear(): Promise<boolean> {
		return (await this.#run(unlink(this.#layout.everyKey))) > 0;
	}

	async *export(options: ExportOptions = {}): AsyncGenerator<LeaderboardEntry, void, undefined> {
		checkKnown("", options, ["batch", "withData"]);
		const { batch = this.#capped(CHUNK), ...list } = options;
		checkInteger("batch", batch, 1, this.#options.maxEntries);
		for (let from = 0; ; from += batch) {
			const entries = await this.#range(from, batch, list);
			yield* entries;
			if (entries.length < batch) return;
		}
	}

	#lookUp(members: readonly string[]): Promise<Array<scripts.Lookup | null>> {
		return this.#run(this.#script(scripts.lookUp, members));
	}

	async #listed(command: Command<scripts.Listing | null>): Promise<LeaderboardEntry[]> {
		const listing = await this.#run(command);
		return listing === null ? [] : ranked(listing, this.#options.ranking, this.#layout, this.#scores);
	}

	#script<T>(script: ScriptCall<T>, args: readonly string[]): Command<T> {
		return script(this.#layout.keys, [...this.#head, ...args]);
	}

	async #run<T>(command: Command<T>): Promise<T> {
		try {
			return await this.#redis.command(command);
		} catch (error) {
			throw this.#explained(error);
		}
	}

	#explained(error: unknown): unknown {
		if (!(error instanceof ServerError)) return error;
		const [, what = ""] = error.reply.split(/ (.*)/s);
		if (error.code === "RKLAYOUT")
			return new LeaderboardLayoutError(this.key, this.#layout.text, what, { cause: error });
		if (error.code === "RKSCORE") return new LeaderboardScoreError(this.key, what, { cause: error });
		return error;
	}

	#capped(count: number): number {
		return Math.min(count, this.#options.maxEntries);
	}
}
