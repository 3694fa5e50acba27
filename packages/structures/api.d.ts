// Made by `pnpm check:api --write` from the build. Not published, not compiled: for reviews.

// @rk/structures

export { BloomBackend, BloomBackendError, BloomConfigError, BloomFilter, BloomFilterOptions, BloomFullError, BloomInfo, BloomItem, BloomLostError, createBloomFilter } from './structures/bloom';
export { Bucket, Counter, CounterOptions, CounterOverflowError, IdGenerator, IdGeneratorOptions, InvalidCounterError, WindowedCounter, WindowedCounterOptions, createCounter, createIdGenerator, createWindowedCounter } from './structures/counters';
export { CreateSessionOptions, Day, DayRange, GetSessionOptions, ListedSession, NewSession, Session, Sessions, UpdateSessionOptions, WriteSessionOptions } from '../shared';
export { DayCount, HyperLogLog, HyperLogLogElement, HyperLogLogOptions, InvalidHyperLogLogError, UniqueVisitors, UniqueVisitorsOptions, VisitOptions, createHyperLogLog, createUniqueVisitors } from './structures/hyperloglog';
export { AddMode, AddOptions, Added, AroundOptions, ExportOptions, Leaderboard, LeaderboardEntry, LeaderboardLayoutError, LeaderboardOptions, LeaderboardScoreError, ListOptions, NewEntry, Period, PeriodicLeaderboard, PeriodicLeaderboardOptions, Ranking, ScoreRangeOptions, Ties, createLeaderboard, createPeriodicLeaderboard } from './structures/leaderboard';
export { ReusedId, SessionCodec, SessionConflictError, SessionCorruptError, SessionGoneError, SessionsOptions, createSessions } from './structures/sessions';
import '@rk/client';

// @rk/structures/leaderboard

import { Day } from '../../shared';
import { ScoreBound, RkError, RedisPort } from '@rk/client';

/** A member as it stands on the board. */
interface LeaderboardEntry {
    readonly member: string;
    readonly score: number;
    /** From 1, by the board's `ranking`. */
    readonly rank: number;
    /** Only where it was asked for: the member's data, or `null` for none. */
    readonly data?: string | null;
}
/** What became of a score that was added. */
interface Added {
    readonly score: number;
    /** The score before; `null`: the member is new. */
    readonly previous: number | null;
    /** `null`: the member is not among the best `maxSize`, and was taken off the board. */
    readonly rank: number | null;
    readonly previousRank: number | null;
    readonly changed: boolean;
}
/** What becomes of a score that is there already. By `best` the better of the two stays, by `lowest` the lower. */
type AddMode = "set" | "best" | "lowest" | "incr";
interface AddOptions {
    /** @default "set" */
    readonly mode?: AddMode;
    /**
     * On a board with `memberData`: the member's data from now on, `null` for none; also where by `best` or `lowest` the score stays
     * as it was.
     * @default as it is
     */
    readonly data?: string | null;
}
interface ListOptions {
    /** On a board with `memberData`: entries have it. @default false */
    readonly withData?: boolean;
}
interface AroundOptions extends ListOptions {
    /** Near the top and the end of the board, more from the other side. @default true */
    readonly fill?: boolean;
}
interface ScoreRangeOptions extends ListOptions {
    /** How many of the range to skip; they cost nothing. @default 0 */
    readonly offset?: number;
    /** @default maxEntries */
    readonly limit?: number;
}
interface ExportOptions extends ListOptions {
    /** Entries in one reply, up to `maxEntries`. @default 500, or `maxEntries` if that is less */
    readonly batch?: number;
}
/** A member and its score, and on a board with `memberData` its data. */
type NewEntry = readonly [member: string, score: number, data?: string | null];
/**
 * Members by score. Every call is atomic, and one round trip, unless it says otherwise; ranks and scores of one reply belong together.
 *
 * Nothing is sent twice: after an error whose `outcome` is `unknown` a score may have been added. Only by the modes other than `incr` may
 * it be added again.
 *
 * @throws {InvalidArgumentError} an argument is not acceptable: at the call, and nothing is sent
 * @throws {LeaderboardLayoutError} the board was made by other options. `size` and `countInRange` do not look, nor do `top`, `page`,
 * `rangeByRank`, `export`, `rank` and `score` of a plain board with `ranking: "ordinal"`: they are one command of the server's
 * @throws {CommandError} no reply
 */
interface Leaderboard {
    /** The board's key. */
    readonly key: string;
    /**
     * Writes a member's score.
     *
     * @throws {LeaderboardScoreError} by `incr`: the sum is out of range; nothing was changed
     */
    add(member: string, score: number, options?: AddOptions): Promise<Added>;
    /** Adds to a member's score, which is 0 if there is none. */
    incr(member: string, delta?: number, options?: {
        readonly data?: string | null;
    }): Promise<Added>;
    /**
     * Writes many scores, in their order, 500 at a time: each 500 are atomic, and in one go with others. How many members are new, and
     * how many scores of others changed.
     *
     * @throws {CommandError} of the first 500 that were not written; those before them are, those behind them may be
     * @throws {LeaderboardScoreError} by `incr`: a sum is out of range; the entries before it are written, of its 500 none behind it
     */
    addMany(entries: Iterable<NewEntry>, options?: {
        readonly mode?: AddMode;
    }): Promise<{
        added: number;
        updated: number;
    }>;
    /** The best, up to `maxEntries`. */
    top(count: number, options?: ListOptions): Promise<LeaderboardEntry[]>;
    /** The last, the very last first. */
    bottom(count: number, options?: ListOptions): Promise<LeaderboardEntry[]>;
    /** Pages are counted from 1. */
    page(page: number, size: number, options?: ListOptions): Promise<LeaderboardEntry[]>;
    /**
     * `count` members about one, which is always among them: half before it, and with an even count one more behind it. None, if it is
     * not on the board.
     */
    around(member: string, count: number, options?: AroundOptions): Promise<LeaderboardEntry[]>;
    /** From the better end of the range. Infinities are no bounds. */
    rangeByScore(min: ScoreBound, max: ScoreBound, options?: ScoreRangeOptions): Promise<LeaderboardEntry[]>;
    /** The `first` to the `last`, both included, counted from 1 as by the ranking `ordinal`. */
    rangeByRank(first: number, last: number, options?: ListOptions): Promise<LeaderboardEntry[]>;
    /** From 1; `null`: not on the board. */
    rank(member: string): Promise<number | null>;
    score(member: string): Promise<number | null>;
    get(member: string): Promise<LeaderboardEntry | null>;
    /** By the order of the members; up to `maxEntries` of them. */
    getMany(members: readonly string[]): Promise<Array<LeaderboardEntry | null>>;
    countInRange(min: ScoreBound, max: ScoreBound): Promise<number>;
    /** How many percent of the members are not better, itself included: above 0, and 100 for the best. `null`: not on the board. */
    percentile(member: string): Promise<number | null>;
    /** The least good score of those that are at `percent` or above, from 0 to 100; `null`: there are no members. */
    scoreAtPercentile(percent: number): Promise<number | null>;
    /** How many of them were on the board; up to `maxEntries` at a time. */
    remove(members: string | readonly string[]): Promise<number>;
    /** Takes off all but the best `size`, 1 000 in a round trip; how many went. */
    trim(size: number): Promise<number>;
    size(): Promise<number>;
    /** Deletes the board, of whatever layout it is. `false`: there was none. */
    clear(): Promise<boolean>;
    /**
     * All entries from the best on, by place. Of a board that nobody writes to, each exactly once; of another, one that moves meanwhile may
     * be missing or come twice.
     */
    export(options?: ExportOptions): AsyncIterable<LeaderboardEntry>;
}

/** How members with the same score rank. */
type Ranking = "ordinal" | "dense" | "competition" | "modified";
/** Which of the members with the same score stands before the others. */
type Ties = "lex" | "first" | "last";
interface LeaderboardOptions {
    /** The board's key is `leaderboard:` and this, as it is. For boards of one slot of a cluster, a hash tag: `{game:7}:week`. */
    readonly name: string;
    /** Which scores are the better ones: the high ones (`desc`), or the low ones, as in a race (`asc`). @default "desc" */
    readonly order?: "desc" | "asc";
    /**
     * Which of several members with the same score stands first: `lex`, as Redis has them, the greater text with `desc` and the smaller
     * with `asc`; `first` who reached the score first, or `last` who did last. By time a member takes about twice the memory.
     * @default "lex"
     */
    readonly ties?: Ties;
    /**
     * The ranks of scores 9, 7, 7, 5: `ordinal` 1 2 3 4; `competition` 1 2 2 4; `modified` 1 3 3 4; `dense` 1 2 2 3, which keeps a second
     * sorted set of the different scores.
     * @default "ordinal"
     */
    readonly ranking?: Ranking;
    /** Members may have data, text of up to what Redis takes, that comes and goes with them. @default false */
    readonly memberData?: boolean;
    /** The board expires so long after the last write (`add…`, `incr`, `remove`, `trim`), in milliseconds. @default never */
    readonly ttlMs?: number;
    /** The board keeps the best so many. @default no limit */
    readonly maxSize?: number;
    /**
     * Scores are whole multiples of 1 / scale, up to 2^51 of them, kept as whole numbers: with 100, ten times 0.1 is 1. Without it they
     * are doubles up to 2^53 − 1. Who opens a board of `ties: "lex"`, without `dense` and `memberData`, by another scale or order, is not
     * noticed, since nothing is kept beside it.
     * @default none
     */
    readonly scale?: number;
    /** Allows the scores Infinity and -Infinity. @default false */
    readonly infinity?: boolean;
    /** The most entries that one list has, whatever is asked for, up to 5 000. @default 1_000 */
    readonly maxEntries?: number;
}

/**
 * Members by score, in Redis, with exact scores, the ranks that are wanted, and a rule for ties.
 *
 * With `ties: "lex"`, a ranking other than `dense` and without `memberData` the board is a sorted set at `leaderboard:<name>` and nothing
 * else, as any program reads and writes it. Other boards have more keys, all in its slot, and are written only by this package: their
 * layout is kept beside them, and others are refused.
 *
 * @throws {InvalidArgumentError} an option is not acceptable
 */
declare function createLeaderboard(redis: RedisPort, options: LeaderboardOptions): Leaderboard;

/**
 * The board in Redis has another layout than these options give: other `ties` (or with ties by time, another `order`), another `scale`,
 * with or without dense ranks or data. Nothing was read or changed: mixing layouts would destroy the board. Of two boards that are
 * plain by both options (`ties: "lex"`, neither dense ranks nor data), another `order` or `scale` cannot be told.
 */
declare class LeaderboardLayoutError extends RkError {
    readonly name = "LeaderboardLayoutError";
    readonly code = "RK_LEADERBOARD_LAYOUT";
    /** The board's key. */
    readonly key: string;
    /** What these options ask for. */
    readonly expected: string;
    /** What the board is; `plain` is a sorted set and nothing else. */
    readonly found: string;
    constructor(key: string, expected: string, found: string, options?: ErrorOptions);
}
/**
 * An increment would have made a score that is not exact (beyond 2^53 − 1, or 2^51 units of a `scale`) or not a number. That score is as
 * it was.
 */
declare class LeaderboardScoreError extends RkError {
    readonly name = "LeaderboardScoreError";
    readonly code = "RK_LEADERBOARD_SCORE";
    /** The board's key. */
    readonly key: string;
    /** What the score would have become, as stored. */
    readonly score: string;
    constructor(key: string, score: string, options?: ErrorOptions);
}

/** How long one board of a periodic leaderboard is the current one. A week begins on Monday, as ISO 8601 has it. */
type Period = "day" | "week" | "month" | "year";

interface PeriodicLeaderboardOptions extends Omit<LeaderboardOptions, "ttlMs"> {
    /** How long each board is the current one. */
    readonly period: Period;
    /** Where the days begin and end. @default "UTC" */
    readonly timeZone?: string;
    /** How many periods a board stays after its own, from 0 to 1 000: with 1, last week's is there all this week. @default 1 */
    readonly keep?: number;
    /** Unix time in milliseconds. @default Date.now */
    readonly clock?: () => number;
}
/** A leaderboard for each day, week, month or year. */
interface PeriodicLeaderboard {
    /** The board of the current period. Ask for it each time: the period may have changed. */
    current(): Leaderboard;
    /**
     * The board of the period in which that day or instant is. What is written to one that is past `keep` is deleted at once.
     *
     * @throws {InvalidArgumentError} no day
     */
    at(day: Day): Leaderboard;
}
/**
 * A leaderboard that begins anew each period: of `week` in week 48 its key is `leaderboard:<name>:2026-W48`. It expires when its period
 * and `keep` more are over everywhere on earth, so up to 26 hours later than by the time zone.
 *
 * @throws {InvalidArgumentError} an option is not acceptable
 */
declare function createPeriodicLeaderboard(redis: RedisPort, options: PeriodicLeaderboardOptions): PeriodicLeaderboard;

export { Day, LeaderboardLayoutError, LeaderboardScoreError, createLeaderboard, createPeriodicLeaderboard };
export type { AddMode, AddOptions, Added, AroundOptions, ExportOptions, Leaderboard, LeaderboardEntry, LeaderboardOptions, ListOptions, NewEntry, Period, PeriodicLeaderboard, PeriodicLeaderboardOptions, Ranking, ScoreRangeOptions, Ties };

// @rk/structures/bloom

import { RkError, RedisPort } from '@rk/client';

/** What keeps the filter: the commands `BF.*` of a module, or bits in plain Redis. */
type BloomBackend = "native" | "bitfield";
interface BloomFilterOptions {
    /** The filter's key is `prefix` and this. */
    readonly name: string;
    /** How many items the filter is made for, from 1 to 10^10. */
    readonly capacity: number;
    /**
     * How many of the items that were never added it may take for added, when it is full: from 10^-12 to 0.25, and below 1 for who only
     * reads a filter of such a rate. Up to 0.05 it is kept within 5 %. Items that the filter takes for known do not fill it, so that at
     * higher rates it errs more often before it is full: at 0.1 about 0.11, at 0.2 about 0.23.
     */
    readonly errorRate: number;
    /**
     * Past its capacity the filter grows by layers, each `growth` times as large as the last, from 2 to 8; each makes it slower. Without
     * it a full filter takes no more.
     * @default none
     */
    readonly scaling?: {
        readonly growth?: number;
    };
    /** `auto`: what keeps the filter that is there; for a new one `native` where the server has `BF.*`. @default "auto" */
    readonly backend?: "auto" | BloomBackend;
    /**
     * The filter expires so long after it was made, in milliseconds. Above 16 MB it does so in parts on several servers: where their
     * clocks differ, it is a {@link BloomLostError} for as long.
     * @default never
     */
    readonly ttlMs?: number;
    /** What the key begins with. @default "bloom:" */
    readonly prefix?: string;
}

/** Text, of which the UTF-8 bytes count, or bytes. A number is turned into text by the caller: `1` would be the item `"1"`. */
type BloomItem = string | Uint8Array;
interface BloomInfo {
    readonly backend: BloomBackend;
    /** Of all layers that there are. */
    readonly capacity: number;
    /** Items that were new when they were added: fewer than were added, by those that the filter took for known. */
    readonly inserted: number;
    /** `inserted` of `capacity`: at 1 the filter is full, or grows. */
    readonly saturation: number;
    /** Of the bits, and what the module has beside them. */
    readonly bytes: number;
    readonly layers: number;
    /** The error rate by the bits that are set now. `null`: the module does not tell. */
    readonly estimatedErrorRate: number | null;
}
/**
 * Tells whether an item was added: `false` is certain, `true` may be an error, as rarely as `errorRate` says. Items cannot be taken out.
 *
 * The filter is made by the first call that adds. Adding again is safe, also after an error whose `outcome` is `unknown`.
 *
 * @throws {BloomFullError} the filter does not grow, and is full
 * @throws {BloomLostError} a part of the filter is gone
 * @throws {BloomConfigError} the filter was made by other options
 * @throws {BloomBackendError} the key holds something else
 * @throws {CommandError} no reply
 */
interface BloomFilter {
    /** The filter's key. */
    readonly key: string;
    /** Makes the filter, so that its memory is taken now. `false`: it is there already. */
    reserve(): Promise<boolean>;
    /** `false`: it was there already, or the filter takes it for such a one. */
    add(item: BloomItem): Promise<boolean>;
    /**
     * By the order of the items, some at a time: 100 in a script, 500 in a command of the module. Each time is atomic.
     *
     * @throws {BloomFullError} `added` says which items were added all the same
     */
    addMany(items: Iterable<BloomItem>): Promise<boolean[]>;
    /** Of a filter that is not there, `false`. */
    has(item: BloomItem): Promise<boolean>;
    /** By the order of the items. */
    hasMany(items: Iterable<BloomItem>): Promise<boolean[]>;
    /** Items that were new when they were added. */
    count(): Promise<number>;
    /** `null`: there is no filter. In plain Redis it counts bits, which takes the server up to 10 ms a layer. */
    info(): Promise<BloomInfo | null>;
    /**
     * Deletes the filter, and what is left of one that was lost. `false`: there was none. A filter above 16 MB that others make at the
     * same time may be left in parts, which is a {@link BloomLostError}: clear it again.
     */
    clear(): Promise<boolean>;
}

/**
 * A Bloom filter, kept by the module's commands where the server has them, and in plain Redis where it has not.
 *
 * In plain Redis the loss of any of its keys is noticed ({@link BloomLostError}). A filter that is lost as a whole, in either, is a new
 * one. Do not let the server evict it (`noeviction`, or a `volatile-…` policy without `ttlMs`).
 *
 * @throws {InvalidArgumentError} an option is not acceptable
 */
declare function createBloomFilter(redis: RedisPort, options: BloomFilterOptions): BloomFilter;

/** The filter has as many items as it was made for, and does not grow. What was added before stays. */
declare class BloomFullError extends RkError {
    readonly name = "BloomFullError";
    readonly code = "RK_BLOOM_FULL";
    /** The filter's key. */
    readonly key: string;
    /** By the order of the items: `true` was new, `false` was there already, `null` was not added. */
    readonly added: ReadonlyArray<boolean | null>;
    constructor(key: string, added: ReadonlyArray<boolean | null>);
}
/**
 * One of the filter's keys is gone, as by eviction, while the rest is there: it would deny items that were added. `clear()` it, and add
 * them again.
 */
declare class BloomLostError extends RkError {
    readonly name = "BloomLostError";
    readonly code = "RK_BLOOM_LOST";
    /** The filter's key. */
    readonly key: string;
    /** The key that is gone. */
    readonly lost: string;
    constructor(key: string, lost: string);
}
/** The filter that is there was made with another capacity, error rate or growth. It is left as it is. */
declare class BloomConfigError extends RkError {
    readonly name = "BloomConfigError";
    readonly code = "RK_BLOOM_CONFIG";
    /** The filter's key. */
    readonly key: string;
    readonly expected: string;
    readonly found: string;
    constructor(key: string, expected: string, found: string, options?: ErrorOptions);
}
/** What is at the filter's key is none of this backend: a filter of the other one, or something else. */
declare class BloomBackendError extends RkError {
    readonly name = "BloomBackendError";
    readonly code = "RK_BLOOM_BACKEND";
    /** The filter's key. */
    readonly key: string;
    readonly backend: BloomBackend;
    constructor(key: string, backend: BloomBackend, options?: ErrorOptions);
}

export { BloomBackendError, BloomConfigError, BloomFullError, BloomLostError, createBloomFilter };
export type { BloomBackend, BloomFilter, BloomFilterOptions, BloomInfo, BloomItem };

// @rk/structures/hyperloglog

import { Day, DayRange } from '../../shared';
import { RkError, RedisPort } from '@rk/client';

/** What is counted: text or bytes, not empty. */
type HyperLogLogElement = string | Buffer;

interface HyperLogLogOptions {
    /** What the keys in Redis begin with. @default "" */
    readonly prefix?: string;
    /**
     * How long a key lives, counted from when it is made, in whole milliseconds: nothing refreshes it. A key without a time to live
     * gets one.
     * @default none: keys stay until they are deleted
     */
    readonly ttlMs?: number;
}
/** Counts different elements in 12 kB a key at most, about: the standard error is 0.81 %. */
interface HyperLogLog {
    /**
     * Counts the elements; each as often as it likes, it counts once. `true`: the estimate may have changed. Of no elements, nothing
     * is sent. Can be repeated when its outcome is unknown.
     *
     * @throws {InvalidArgumentError} an element is missing or empty
     * @throws {InvalidHyperLogLogError} the key holds something else
     */
    add(key: string, ...elements: readonly HyperLogLogElement[]): Promise<boolean>;
    /**
     * About how many different elements were added to any of the keys: what PFCOUNT says, also where they are in different slots of a
     * cluster. It then reads the keys (12 kB each at most) and computes their union here. No key is made, and no TTL is touched.
     *
     * @throws {InvalidHyperLogLogError}
     */
    count(...keys: readonly string[]): Promise<number>;
    /**
     * Adds what the sources counted to `destination`, which keeps its own: at once where all are in one slot, and 500 at most; of more,
     * 500 after 500. From other slots of a cluster the sources are read first, so that what is added to them meanwhile may be missing.
     * Can be repeated, also when only some of the sources were merged.
     *
     * @throws {InvalidHyperLogLogError} none of these 500 was merged, nor one behind them
     */
    merge(destination: string, ...sources: readonly string[]): Promise<void>;
}
/**
 * HyperLogLogs at keys of your own.
 *
 * @throws {InvalidArgumentError} an option is not acceptable
 */
declare function createHyperLogLog(redis: RedisPort, options?: HyperLogLogOptions): HyperLogLog;

interface UniqueVisitorsOptions {
    /**
     * How many days a day's key is kept after the day is over, and up to 26 hours more; `null`: for ever. Required, since nobody but
     * you can know it. It counts when the key is made, and for keys without a time to live.
     */
    readonly retentionDays: number | null;
    /** What the keys in Redis begin with: `uv:2026-11-26`. With a hash tag, as `{uv}`, all days are in one slot. @default "uv" */
    readonly prefix?: string;
    /** Whose days they are: an IANA name, or `UTC`. All processes must agree. @default "UTC" */
    readonly timeZone?: string;
    /** Unix time in milliseconds, for what is recorded without a time. @default Date.now */
    readonly clock?: () => number;
}
/** What {@link UniqueVisitors.record} takes beside the visitors. */
interface VisitOptions {
    /** When they came, or on what day. @default now */
    readonly at?: Day;
}
interface DayCount {
    /** `2026-11-26` */
    readonly date: string;
    readonly count: number;
}
/** How many different visitors came, by day and over any days; the standard error is 0.81 %. */
interface UniqueVisitors {
    /**
     * Counts a visitor, or several, on a day. `true`: the day's estimate may have changed. Can be repeated.
     *
     * @throws {InvalidArgumentError} an id is missing or empty, as that of who is not logged in; or the day is no longer kept
     */
    record(visitors: HyperLogLogElement | readonly HyperLogLogElement[], options?: VisitOptions): Promise<boolean>;
    /**
     * About how many different visitors came on any of these days: `count("2026-11-26")`, `count(monday, tuesday)`,
     * `count({ from, to })`. Who came on several days counts once. It is what PFCOUNT says, on a cluster too; see
     * {@link HyperLogLog.count}.
     */
    count(...days: readonly [DayRange] | readonly [Day, ...Day[]]): Promise<number>;
    /** Each day's own count, in one round trip; 0 for a day without a key. */
    series(range: DayRange): Promise<DayCount[]>;
}
/**
 * Unique visitors by day, at the keys of the recipe book: `uv:<date>`.
 *
 * @throws {InvalidArgumentError} an option is not acceptable
 */
declare function createUniqueVisitors(redis: RedisPort, options: UniqueVisitorsOptions): UniqueVisitors;

/** A key holds no HyperLogLog, or a damaged one. Nothing was changed. */
declare class InvalidHyperLogLogError extends RkError {
    readonly name = "InvalidHyperLogLogError";
    readonly code = "RK_HYPERLOGLOG_INVALID";
    /** The key; several, where the server looked at them together and does not say which of them it is. */
    readonly keys: readonly string[];
    constructor(keys: readonly string[], options?: ErrorOptions);
}

export { Day, DayRange, InvalidHyperLogLogError, createHyperLogLog, createUniqueVisitors };
export type { DayCount, HyperLogLog, HyperLogLogElement, HyperLogLogOptions, UniqueVisitors, UniqueVisitorsOptions, VisitOptions };

// @rk/structures/counters

import { RkError, RedisPort } from '@rk/client';

interface CounterOptions {
    /** The counter is at the key `counter:<name>`, the name percent-encoded as by `makeKey` (`counter:page%3Ahome`), as a plain number. */
    readonly name: string;
    /**
     * How long it lives, counted from when its key is made, in whole milliseconds; that is one step with the first change. Nothing
     * but `reset()` begins it anew.
     * @default none: it stays until it is reset
     */
    readonly ttlMs?: number;
    /** No change takes it below this. @default none */
    readonly min?: number;
    /** No change takes it above this. @default none */
    readonly max?: number;
}
/**
 * A counter that all processes share, exact within ±(2^53 − 1). What does not fit its bounds is denied: the result is `null`, and
 * nothing has changed.
 *
 * Each call is one round trip and one step; a call that changes it is never sent twice. When it fails with the outcome `unknown`, it
 * may have counted.
 *
 * All reject with a CounterOverflowError rather than go beyond ±(2^53 − 1), and with an InvalidCounterError when the key holds
 * something else.
 */
interface Counter<Denied extends null = never> {
    /** Adds (`by` may be negative), and gives the new value; `null`: that would be out of the counter's bounds. @param by default 1 */
    increment(by?: number): Promise<number | Denied>;
    /** Takes away, likewise. @param by default 1 */
    decrement(by?: number): Promise<number | Denied>;
    /**
     * Adds, unless the sum is above `cap` (or out of the counter's bounds): then `null`, and nothing has changed. No sum above `cap`
     * is ever given, not even one that comes nearer to it.
     */
    incrementWithCap(by: number, cap: number): Promise<number | null>;
    /** 0, if there is no such key. */
    get(): Promise<number>;
    /** `null`, if there is no such key. */
    getOrNull(): Promise<number | null>;
    /** @throws {InvalidArgumentError} out of the counter's bounds */
    set(value: number): Promise<void>;
    /** Sets, and gives what was there before; `null` for nothing. */
    getSet(value: number): Promise<number | null>;
    /** Sets if it is `expected`, where `null` is no such key. `false`: it is not, and nothing has changed. */
    compareAndSet(expected: number | null, value: number): Promise<boolean>;
    /** Deletes the key, and gives the number that was there; `null` for nothing, or no number. */
    reset(): Promise<number | null>;
}
/**
 * A counter. With `min` or `max`, an increment may be denied, and its result is `null` then.
 *
 * @throws {InvalidArgumentError} an option is not acceptable
 */
declare function createCounter(redis: RedisPort, options: CounterOptions & {
    readonly min?: never;
    readonly max?: never;
}): Counter;
declare function createCounter(redis: RedisPort, options: CounterOptions): Counter<null>;

interface IdGeneratorOptions {
    /**
     * The last id given out is at the key `ids:<name>`, the name percent-encoded as by `makeKey`, which has no time to live: without it
     * ids would come again.
     */
    readonly name: string;
    /**
     * How many ids are taken from Redis at once. More of them cost fewer round trips; those not used when a process ends are never
     * given out.
     * @default 100
     */
    readonly block?: number;
}
/** Whole numbers that nobody else gets. */
interface IdGenerator {
    /**
     * An id, from 1 on, unique as long as Redis keeps its key. The ids of one generator grow; beside others, they are not in the order
     * in which they are asked for, and there are gaps.
     *
     * @throws {CounterOverflowError} they are used up, after 2^53 − 1
     * @throws {CommandError} Redis gave no block; one that it may have given is lost
     */
    next(): Promise<number>;
}
/**
 * Ids from a counter that all processes share, a block at a time.
 *
 * @throws {InvalidArgumentError} an option is not acceptable
 */
declare function createIdGenerator(redis: RedisPort, options: IdGeneratorOptions): IdGenerator;

interface WindowedCounterOptions {
    /**
     * The counter is at the key `window:<name>`, the name percent-encoded as by `makeKey`: a hash of buckets, which lives as long as one
     * of them counts. All who use a name must agree on `bucketMs` and `windowMs`: buckets of another length cannot be told apart, and a
     * shorter window drops what a longer one still counts. To change them, take another name.
     */
    readonly name: string;
    /** How long a bucket is, in whole milliseconds: what is counted in one of them is told apart no further. */
    readonly bucketMs: number;
    /** How far back can be asked, in whole milliseconds: up to 3 600 buckets. */
    readonly windowMs: number;
}
interface Bucket {
    /** When it began, Unix time in milliseconds of the server. */
    readonly startMs: number;
    readonly count: number;
}
/** How much happened lately, by the server's clock. All reject with an InvalidCounterError when the key holds something else. */
interface WindowedCounter {
    /**
     * Counts now. When it fails with the outcome `unknown`, it may have counted.
     *
     * @param by default 1
     * @throws {CounterOverflowError} the bucket would go beyond 2^53 − 1; nothing has changed
     */
    record(by?: number): Promise<void>;
    /**
     * What was counted in the last `windowMs` (default: the option's), rounded: the oldest bucket, which the window begins in, is
     * taken to have been filled evenly. Exact but for that bucket.
     *
     * What was counted more than a bucket ahead of the server's clock, which was set back since, does not count, and is dropped.
     *
     * @throws {CounterOverflowError} all buckets together are beyond 2^53 − 1
     */
    count(windowMs?: number): Promise<number>;
    /**
     * The buckets of the window, oldest first, those with nothing included; the last is still being filled, and has what was counted up
     * to a bucket ahead of the clock.
     */
    series(): Promise<Bucket[]>;
}
/**
 * A counter of the last minutes or hours, in one key.
 *
 * @throws {InvalidArgumentError} an option is not acceptable
 */
declare function createWindowedCounter(redis: RedisPort, options: WindowedCounterOptions): WindowedCounter;

/** The result would be beyond ±(2^53 − 1), where a number is not exact. Nothing was changed. */
declare class CounterOverflowError extends RkError {
    readonly name = "CounterOverflowError";
    readonly code = "RK_COUNTER_OVERFLOW";
    /** The key in Redis. */
    readonly key: string;
    constructor(key: string);
}
/** The key holds something other than a whole number within ±(2^53 − 1), or than buckets of them. Nothing was changed. */
declare class InvalidCounterError extends RkError {
    readonly name = "InvalidCounterError";
    readonly code = "RK_COUNTER_INVALID";
    /** The key in Redis. */
    readonly key: string;
    constructor(key: string, options?: ErrorOptions);
}

export { CounterOverflowError, InvalidCounterError, createCounter, createIdGenerator, createWindowedCounter };
export type { Bucket, Counter, CounterOptions, IdGenerator, IdGeneratorOptions, WindowedCounter, WindowedCounterOptions };

// @rk/structures/sessions

import { RkError, RedisPort } from '@rk/client';
import { Sessions } from '../../shared';
export { CreateSessionOptions, GetSessionOptions, ListedSession, NewSession, Session, UpdateSessionOptions, WriteSessionOptions } from '../../shared';

/** Makes bytes of a session's data and back. What it makes is stored as it is; no script looks into it. */
interface SessionCodec<T> {
    encode(data: T): string | Buffer;
    /** What it throws makes the session count as missing; see {@link SessionsOptions.onCorrupt}. */
    decode(bytes: Buffer): T;
}

/** There is no such session: it was destroyed, or has ended. Nothing was written, and nothing was made anew. */
declare class SessionGoneError extends RkError {
    readonly name = "SessionGoneError";
    readonly code = "RK_SESSION_GONE";
    /** What the session's key has of its id: its hash. */
    readonly handle: string;
    constructor(handle: string, options?: ErrorOptions);
}
/** Others have changed the session, each time that it was tried; nothing was written. */
declare class SessionConflictError extends RkError {
    readonly name = "SessionConflictError";
    readonly code = "RK_SESSION_CONFLICT";
    readonly handle: string;
    readonly attempts: number;
    constructor(handle: string, attempts: number);
}
/** The session's data cannot be read by the codec, whose error is the `cause`. It was left as it is. */
declare class SessionCorruptError extends RkError {
    readonly name = "SessionCorruptError";
    readonly code = "RK_SESSION_CORRUPT";
    readonly handle: string;
    /** `undefined`: it has no user. */
    readonly userId: string | undefined;
    constructor(handle: string, userId: string | undefined, cause: unknown);
}

/** Somebody came with the id of a session that was rotated longer ago than `graceMs`: a sign that it was stolen. */
interface ReusedId {
    /** Whose session it was; `undefined`: it had no user. */
    readonly userId: string | undefined;
    /** The hash of the old id. */
    readonly handle: string;
}
interface SessionsOptions<T> {
    /** A session ends when nobody has used it for so long, in whole milliseconds. */
    readonly idleMs: number;
    /** It ends so long after it was made, however much it is used, in whole milliseconds. */
    readonly absoluteMs: number;
    /** What keys in Redis begin with: `sess:{…}`, `sess:user:{…}`. @default "sess" */
    readonly prefix?: string;
    /** @default JSON */
    readonly codec?: SessionCodec<T>;
    /**
     * The part of the idle time that passes before reading begins it anew, from 0 to 0.9: higher writes less often, and lets a session
     * end that much earlier.
     * @default 0.1
     */
    readonly touchRatio?: number;
    /** How many sessions a user may have; those make way that have been the user's the longest. @default no limit */
    readonly maxPerUser?: number;
    /** How long the old id of a rotated session still leads to it, for requests under way, in milliseconds. @default 15_000 */
    readonly graceMs?: number;
    /** Is told of ids that are used after their grace; what it throws becomes a process warning (`RK_LISTENER_ERROR`). */
    readonly onReuse?: (reused: ReusedId) => void;
    /** Is told of data that the codec cannot read, which counts as no session; what it throws becomes a process warning. */
    readonly onCorrupt?: (error: SessionCorruptError) => void;
    /** Makes ids: text with 128 random bits or more. @default 256 random bits, as 43 characters */
    readonly genId?: () => string;
    /** From 0 up to 1, for the pauses of `update`. @default Math.random */
    readonly random?: () => number;
}

/**
 * Sessions of one kind, at the keys `<prefix>:{…}`.
 *
 * @throws {InvalidArgumentError} an option is not acceptable
 */
declare function createSessions<T>(redis: RedisPort, options: SessionsOptions<T>): Sessions<T>;

export { SessionConflictError, SessionCorruptError, SessionGoneError, Sessions, createSessions };
export type { ReusedId, SessionCodec, SessionsOptions };

// @rk/structures/express-session

import { Request } from 'express';
import session, { SessionData } from 'express-session';
import { Sessions } from '../../shared';

interface ExpressStoreOptions {
    /** Whose session it is, for `listUser`, `destroyUser` and `maxPerUser`: `(session) => session.userId`. @default nobody's */
    readonly userOf?: (session: SessionData) => string | undefined;
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
declare function expressStore(sessions: Sessions<SessionData>, options?: ExpressStoreOptions): ExpressStore;
type Callback<R> = (error: unknown, result?: R) => void;
/** Made by {@link expressStore}. */
declare class ExpressStore extends session.Store {
    #private;
    constructor(sessions: Sessions<SessionData>, { userOf }: ExpressStoreOptions);
    createSession(request: Request, data: SessionData): session.Session & SessionData;
    get(id: string, callback: Callback<SessionData | null>): void;
    set(id: string, data: SessionData, callback?: Callback<void>): void;
    destroy(id: string, callback?: Callback<void>): void;
    touch(id: string, data: SessionData, callback?: Callback<void>): void;
    /** Without their ids, which Redis does not have. */
    all(callback: Callback<SessionData[]>): void;
    length(callback: Callback<number>): void;
    clear(callback?: Callback<void>): void;
}

export { ExpressStore, expressStore };
export type { ExpressStoreOptions };

// shared

/** A session as it was read. */
interface Session<T> {
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
interface ListedSession<T> extends Omit<Session<T>, "version"> {
    /** The hash of its id: {@link Sessions.handleOf}. */
    readonly handle: string;
}
/** A session that was just made. */
interface NewSession {
    /** For the cookie, and for nobody else's eyes. */
    readonly id: string;
    readonly version: number;
}
/** What a write may change beside the data. */
interface WriteSessionOptions {
    /** Whose session it is from now on; `null`: nobody's. @default as before */
    readonly userId?: string | null;
    /** How long this one may be idle from now on, in whole milliseconds; `null`: as the factory says. @default as before */
    readonly idleMs?: number | null;
}
interface CreateSessionOptions {
    /** Whose session it is, for `listUser`, `destroyUser` and `maxPerUser`. @default nobody's */
    readonly userId?: string;
    /** How long this one may be idle, in whole milliseconds. @default the factory's */
    readonly idleMs?: number;
    /** An id that was made elsewhere, with 128 random bits or more. @default made by `genId` */
    readonly id?: string;
}

/** What {@link Sessions.get} may be told. */
interface GetSessionOptions {
    /** Begins the idle time anew. @default true */
    readonly touch?: boolean;
}
interface UpdateSessionOptions extends WriteSessionOptions {
    /** Ends the waiting between two attempts. */
    readonly signal?: AbortSignal;
}
/**
 * Sessions on the server's side: their ids are for cookies, and Redis has only the hashes of these.
 *
 * No write makes a session anew: what was destroyed or has ended stays so, however late a save comes. Where Redis itself fails, the
 * port's CommandError comes as it is, and nothing is sent twice.
 */
interface Sessions<T> {
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
    update(id: string, change: (data: T) => T | Promise<T>, options?: UpdateSessionOptions): Promise<Session<T>>;
    /** Begins the idle time anew, as `get` does, or with another one; `null` is the factory's. `false`: there is no session. */
    touch(id: string, options?: {
        readonly idleMs?: number | null;
    }): Promise<boolean>;
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
    destroyUser(userId: string, options?: {
        readonly except?: string;
    }): Promise<number>;
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

/** A day: `2026-11-26`, or an instant, which is in one day or the other by the time zone. */
type Day = string | Date;
/** Days from the first to the last, both included. */
interface DayRange {
    readonly from: Day;
    readonly to: Day;
}

export type { CreateSessionOptions, Day, DayRange, GetSessionOptions, ListedSession, NewSession, Session, Sessions, UpdateSessionOptions, WriteSessionOptions };
