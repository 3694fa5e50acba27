// Made by `pnpm check:api --write` from the build. Not published, not compiled: for reviews.

// @rk/ratelimit

import { Operation, Decision, LimiterEvents, Algorithm, RateLimiter, Gcra } from '../shared';
export { Allowed, BlockOptions, CombinedCall, CombinedDecision, CombinedLimiter, DecisionSource, DenialReason, Denied, FixedWindow, FixedWindowOptions, GcraOptions, LimitOptions, Policy, Rate, RateLimitError, RateLimitStateError, RateLimitUnavailableError, SlidingCounter, SlidingCounterOptions, SlidingLog, SlidingLogOptions, Subject, Unavailability, combine, fixedWindow, gcra, per, perDay, perHour, perMinute, perSecond, slidingCounter, slidingLog } from '../shared';
import { RedisPort } from '@rk/client';

/** What goes over `node:diagnostics_channel`, on the channel `rk:ratelimit`; made only where somebody subscribed. */
type RateLimitMessage = {
    readonly type: "decision";
    readonly limiter: string;
    readonly operation: Operation;
    /** The key in Redis. */
    readonly key: string;
    readonly decision: Decision;
    /** The server's time of it, in microseconds since 1970; left out where the server did not decide. */
    readonly serverTimeUs?: number;
} | ({
    readonly type: "nearLimit";
    readonly limiter: string;
} & LimiterEvents["nearLimit"]) | ({
    readonly type: "unavailable";
    readonly limiter: string;
} & LimiterEvents["unavailable"]) | ({
    readonly type: "recovered";
    readonly limiter: string;
} & LimiterEvents["recovered"]);

interface MemoryOptions {
    /**
     * The part of each limit that this process may allow on its own, above 0 and up to 1: with four processes, 1/4 keeps the total
     * at about the limit. Every limit is at least one unit.
     */
    readonly share: number;
    /** Subjects counted at a time; the one not seen for longest is forgotten for another. @default 10_000 */
    readonly maxSubjects?: number;
}
/** Limits counted in this process. Made by {@link memory}. */
interface Memory {
    readonly share: number;
    readonly maxSubjects: number;
}
/** What stands in for Redis while it cannot decide. Made by {@link fallback}. */
interface Fallback {
    readonly fallback: Memory;
}
/**
 * Counts in this process by the same algorithm, each process for itself: what Redis had counted is not known to it, and what
 * it counts is not told to Redis afterwards.
 *
 * @throws {InvalidArgumentError} a share that is none
 */
declare function memory(options: MemoryOptions): Memory;
/** Lets `memory` decide while Redis cannot: `onUnavailable: fallback(memory({ share: 1 / 4 }))`. */
declare function fallback(counted: Memory): Fallback;

/** What decides while Redis cannot; see {@link RateLimiterOptions.onUnavailable}. */
type OnUnavailable = "throw" | "allow" | "deny" | Fallback;
interface RateLimiterOptions {
    /** Names the limit in keys, headers, events and errors: printable ASCII. */
    readonly name: string;
    /** The limit: `gcra({ rate: perSecond(10), burst: 20 })`. */
    readonly algorithm: Algorithm;
    /**
     * What happens while Redis cannot decide, which nobody but you can know: `throw` a RateLimitUnavailableError; `allow` or `deny`
     * everything, the decision saying so (`source` is `policy`); or count in this process: `fallback(memory({ share: 1 / 4 }))`.
     */
    readonly onUnavailable: OnUnavailable;
    /** What keys begin with. @default "rl" */
    readonly prefix?: string;
    /** A decision that takes longer is made by `onUnavailable`, in milliseconds, 10 ms more or less; 20 or more. @default 100 */
    readonly timeoutMs?: number;
    /** After 5 failures in a row Redis is asked only once in this time, until it answers, in milliseconds. @default 1_000 */
    readonly breakerMs?: number;
    /**
     * Remembers up to `max` denied subjects in this process, each for a second at most, and denies them without asking Redis. What
     * another process gives back meanwhile is seen after that.
     * @default none
     */
    readonly denyCache?: {
        readonly max: number;
    };
    /** The used part of a limit, above 0 and up to 1, at which `nearLimit` is told. @default 0.8 */
    readonly nearLimit?: number;
    /** Milliseconds that only grow, for the breaker, the deny cache and the fallback. @default performance.now */
    readonly clock?: () => number;
}

/**
 * A limiter over Redis: every decision is one script at the subject's key, by the server's clock.
 *
 * Exact as its algorithm is, while the server keeps its data: a failover to a replica that lags, an eviction or a restart without
 * persistence forgets use, and lets that much more through.
 *
 * @throws {InvalidArgumentError} an option is not acceptable
 */
declare function createRateLimiter(redis: RedisPort, options: RateLimiterOptions): RateLimiter;

interface TokenBucketOptions {
    /** Tokens that the bucket holds, and has at first. */
    readonly capacity: number;
    /** Tokens that flow in, evenly, in that time. */
    readonly refill: {
        readonly tokens: number;
        readonly everyMs: number;
    };
}
/**
 * A bucket that fills continuously and from which each unit takes a token: {@link gcra} in other words, with the same state in Redis.
 *
 * @throws {InvalidArgumentError} as {@link gcra} does
 */
declare function tokenBucket(options: TokenBucketOptions): Gcra;

export { Algorithm, Decision, Gcra, LimiterEvents, RateLimiter, createRateLimiter, fallback, memory, tokenBucket };
export type { Fallback, Memory, MemoryOptions, OnUnavailable, RateLimitMessage, RateLimiterOptions, TokenBucketOptions };

// @rk/ratelimit/http

import { Field, Limits, RateLimiter, GateOptions } from '../../shared';
export { Charge, FieldStyle, KeyOf } from '../../shared';
import '@rk/client';

/**
 * Why a request was not served, for programs.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9457
 * @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/ for the types
 */
interface Problem {
    readonly type: string;
    readonly title: string;
    readonly status: 429 | 503;
    /** The names of the policies that denied it; not there if none did, and the service itself cannot serve. */
    readonly "violated-policies"?: readonly string[];
}

/** The request may be handled. */
interface Admitted {
    readonly allowed: true;
    /** The header fields for the response, to be set, not added: they tell of every gate that the request has passed. */
    fields(): readonly Field[];
    /**
     * Tells the status of the response, once that is sent. Where the option `charge` says so, the charge is given back, without
     * anybody having to wait; if Redis cannot be reached, it stays. So it does where time has given it back already, in each of
     * limits combined by itself.
     */
    settle(status: number): void;
}
/** The request is not to be handled: answer with the problem and its status. */
interface Refused {
    readonly allowed: false;
    /** The header fields for the response, `Retry-After` among them if it is worth while to come back. */
    fields(): readonly Field[];
    readonly problem: Problem;
}
type Admission = Admitted | Refused;
/** What stands before the handlers of an HTTP service: one limiter, whatever the framework. */
interface Gate<Request extends object> {
    /**
     * May this request be handled? It is charged once, however often it comes by: a middleware that is mounted twice counts
     * once. (Two gates are two charges.)
     *
     * @throws what the limiter throws: a RateLimitUnavailableError, if `onUnavailable` is `throw`; and what `key` throws
     */
    enter(request: Request): Promise<Admission>;
}
/**
 * A gate for a framework of your own; `fetchGuard`, `expressRateLimit`, `fastifyRateLimit` and `honoRateLimit` are made of it.
 *
 * @throws {InvalidArgumentError} an option is not acceptable
 */
declare function createGate<Request extends object, Limiter extends Limits = RateLimiter>(limiter: Limiter, options: GateOptions<Request, Limiter>): Gate<Request>;

/** Handles a request by `handler` if the limit allows it, and answers with a problem if not. */
type FetchGuard = (request: Request, handler: (request: Request) => Response | Promise<Response>) => Promise<Response>;
/**
 * A limit for handlers of the Fetch API, from a `Request` to a `Response`.
 *
 * The handler's response comes back with the header fields; a denial is `429` (`503`, if Redis is unavailable and
 * `onUnavailable` is `deny`) with `application/problem+json`. A handler that throws counts as status 500.
 *
 * @throws {InvalidArgumentError} an option is not acceptable
 */
declare function fetchGuard<Limiter extends Limits = RateLimiter>(limiter: Limiter, options: GateOptions<Request, Limiter>): FetchGuard;

interface IpKeyOptions {
    /**
     * How many leading bits of an IPv6 address make one client, 1 to 128. A network hands its customers whole subnets, so
     * a limit for single addresses is none: larger numbers are evaded more easily, smaller ones lump neighbours together.
     * @default 64, the smallest subnet that a network gives to one customer
     */
    readonly v6PrefixBits?: number;
}
/**
 * The key of the client at an IP address: an IPv4 address as it is, an IPv6 address as its subnet, `2001:db8:1:2::/64`.
 *
 * All spellings of an address give one key. An IPv4 address that a dual-stack socket shows as IPv6 (`::ffff:192.0.2.1`)
 * counts as IPv4; a zone (`fe80::1%eth0`) is left out.
 *
 * The address must be the client's: behind a proxy, tell the framework which proxies to trust. `undefined`, which
 * frameworks give for a connection that is gone, is refused, because one key for all such clients would be a trap.
 *
 * @throws {InvalidArgumentError} not an IP address, as one with a port or a list out of `X-Forwarded-For` is not
 */
declare function ipKey(address: string | undefined, options?: IpKeyOptions): string;

export { Field, GateOptions, Limits, createGate, fetchGuard, ipKey };
export type { Admission, Admitted, FetchGuard, Gate, IpKeyOptions, Problem, Refused };

// @rk/ratelimit/express

import { IncomingMessage, ServerResponse } from 'node:http';
import { Limits, RateLimiter, GateOptions } from '../../shared';
import '@rk/client';

/** What a key is usually made of. For more, annotate it: `key: (request: express.Request) => …`. */
interface ExpressRequestLike extends IncomingMessage {
    readonly ip?: string | undefined;
}
/** A middleware of Express 4 and 5, and of all that call `(request, response, next)` with Node's own objects. */
type ExpressMiddleware<Request extends IncomingMessage> = (request: Request, response: ServerResponse, next: (error?: unknown) => void) => void;
/**
 * A limit as a middleware of Express, for the application, a router or a route.
 *
 * A denial ends the response: `429` (`503`, if Redis is unavailable and `onUnavailable` is `deny`) with
 * `application/problem+json`. What the limiter throws goes to `next(error)`.
 *
 * Behind a proxy, `request.ip` is the client's only with Express' setting `trust proxy`.
 *
 * @throws {InvalidArgumentError} an option is not acceptable
 */
declare function expressRateLimit<Request extends IncomingMessage = ExpressRequestLike, Limiter extends Limits = RateLimiter>(limiter: Limiter, options: GateOptions<Request, Limiter>): ExpressMiddleware<NoInfer<Request>>;

export { expressRateLimit };
export type { ExpressMiddleware, ExpressRequestLike };

// @rk/ratelimit/fastify

import { ServerResponse, IncomingHttpHeaders } from 'node:http';
import { Limits, RateLimiter, GateOptions } from '../../shared';
import '@rk/client';

/** What a key is usually made of. For more, annotate it: `key: (request: FastifyRequest) => …`. */
interface FastifyRequestLike {
    readonly ip: string;
    readonly method: string;
    readonly url: string;
    readonly headers: IncomingHttpHeaders;
}
/** What the hook needs of Fastify's reply. */
interface FastifyReplyLike {
    readonly raw: Pick<ServerResponse, "once" | "statusCode">;
    header(name: string, value: string): unknown;
    code(status: 429 | 503): unknown;
    send(payload: string): unknown;
}
/** A hook of Fastify 5: `onRequest`, or `preHandler` where the key needs what other hooks find out. */
type FastifyHook<Request extends object> = (request: Request, reply: FastifyReplyLike) => Promise<unknown>;
/**
 * A limit as a hook of Fastify, for `app.addHook("onRequest", …)` or a route's `onRequest`.
 *
 * A denial ends the request: `429` (`503`, if Redis is unavailable and `onUnavailable` is `deny`) with
 * `application/problem+json`. What the limiter throws goes to Fastify's error handler.
 *
 * Behind a proxy, `request.ip` is the client's only with Fastify's option `trustProxy`.
 *
 * @throws {InvalidArgumentError} an option is not acceptable
 */
declare function fastifyRateLimit<Request extends object = FastifyRequestLike, Limiter extends Limits = RateLimiter>(limiter: Limiter, options: GateOptions<Request, Limiter>): FastifyHook<NoInfer<Request>>;

export { fastifyRateLimit };
export type { FastifyHook, FastifyReplyLike, FastifyRequestLike };

// @rk/ratelimit/hono

import { Limits, RateLimiter, GateOptions } from '../../shared';
import '@rk/client';

/** What the middleware needs of Hono's context, and a key is usually made of. For more, annotate it: `key: (context: Context) => …`. */
interface HonoContextLike {
    readonly req: {
        readonly method: string;
        readonly path: string;
        header(name: string): string | undefined;
    };
    readonly res: {
        readonly status: number;
    };
    header(name: string, value: string): void;
}
/** A middleware of Hono 4. */
type HonoMiddleware<Context extends HonoContextLike> = (context: Context, next: () => Promise<void>) => Promise<Response | undefined>;
/**
 * A limit as a middleware of Hono, for `app.use(…)` or a route.
 *
 * A denial is the response: `429` (`503`, if Redis is unavailable and `onUnavailable` is `deny`) with
 * `application/problem+json`. What the limiter throws goes to `app.onError`.
 *
 * The address of the client depends on where Hono runs: on Node.js, `getConnInfo` of `@hono/node-server/conninfo` has it.
 *
 * @throws {InvalidArgumentError} an option is not acceptable
 */
declare function honoRateLimit<Context extends HonoContextLike = HonoContextLike, Limiter extends Limits = RateLimiter>(limiter: Limiter, options: GateOptions<Context, Limiter>): HonoMiddleware<NoInfer<Context>>;

export { honoRateLimit };
export type { HonoContextLike, HonoMiddleware };

// shared

import { WireReply, RkError } from '@rk/client';

/**
 * What the Lua replied about a limit: the server's time, in seconds since 1970 and microseconds; the units charged (for a peek,
 * those that could be), and what its kind adds; or, when it is blocked, the time, -1, when that ends in microseconds and the reason.
 */
type Answer = readonly WireReply[];

interface FixedWindowOptions {
    /** Units in a window. */
    readonly limit: number;
    readonly windowMs: number;
    /**
     * `first-hit`: a subject's window begins with its first unit, so that not all begin anew at once. `clock`: windows are counted
     * from 1970, as UTC hours and days are.
     * @default "first-hit"
     */
    readonly align?: "first-hit" | "clock";
}
interface FixedWindow extends Counting<"fixed-window"> {
    readonly windowUs: number;
    readonly align: "first-hit" | "clock";
    readonly layout: string;
}
/**
 * A counter that begins anew with each window: simple to explain, and cheap. At the boundary of two windows up to twice the
 * limit is allowed within one window's time.
 *
 * @throws {InvalidArgumentError} not whole numbers, or a window beyond 366 days
 */
declare function fixedWindow(options: FixedWindowOptions): FixedWindow;

/** So many units in so much time, at an even pace. Made by {@link perSecond} and its like. */
interface Rate {
    readonly units: number;
    readonly periodMs: number;
}
/** Units in a period of any length. @throws {InvalidArgumentError} not whole numbers, or a period beyond 366 days */
declare function per(units: number, periodMs: number): Rate;
declare function perSecond(units: number): Rate;
declare function perMinute(units: number): Rate;
declare function perHour(units: number): Rate;
declare function perDay(units: number): Rate;

interface GcraOptions {
    /** The even pace at which units come back: `perSecond(10)`. */
    readonly rate: Rate;
    /** Units that fit at once, after a pause long enough. In any time t at most `burst + ⌊rate × t⌋` are allowed. @default the rate's units */
    readonly burst?: number;
}
/** In lowest terms, one unit comes back every `p / r` microseconds. */
interface Gcra extends Counting<"gcra"> {
    readonly p: number;
    readonly r: number;
}
/**
 * The generic cell rate algorithm: an even rate with a burst, exact to the microsecond, in one number per subject. The one to take
 * when nothing speaks for another.
 *
 * @throws {InvalidArgumentError} not whole numbers; a burst that takes more than 366 days to come back; a rate that in lowest
 * terms has more than 9 000 000 units, as 10 000 019 per second has
 * @see https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm
 */
declare function gcra(options: GcraOptions): Gcra;

interface SlidingCounterOptions {
    /** Units in any window. */
    readonly limit: number;
    readonly windowMs: number;
    /** Into how many buckets the window is divided, 1 to 60. More are finer, and cost some bytes each. @default 10 */
    readonly buckets?: number;
    /**
     * `hard`: never more than `limit` in any window; units count for up to one bucket longer than the window. `approximate`: the
     * oldest bucket counts by the part that is within the window, right on the average, with up to nearly twice the limit in a
     * window at worst, however many buckets there are.
     * @default "hard"
     */
    readonly bound?: "hard" | "approximate";
}
interface SlidingCounter extends Counting<"sliding-counter"> {
    readonly windowUs: number;
    readonly layout: string;
    readonly buckets: number;
    readonly widthUs: number;
    readonly bound: "hard" | "approximate";
}
/**
 * Counts in buckets: a sliding window in some bytes, whatever the limit.
 *
 * @throws {InvalidArgumentError} not whole numbers, a window beyond 366 days, or with the approximate bound a limit times a bucket's
 * microseconds beyond 2^53
 */
declare function slidingCounter(options: SlidingCounterOptions): SlidingCounter;

interface SlidingLogOptions {
    /** Units in any window. Each takes 10 to 14 bytes in Redis, so 100 000 at most. */
    readonly limit: number;
    readonly windowMs: number;
}
interface SlidingLog extends Counting<"sliding-log"> {
    readonly windowUs: number;
    readonly layout: string;
}
/**
 * The time of every unit is kept: never more than `limit` in any window, wherever it begins, and never a denial before that.
 * The price is memory by the limit; where that is too much, take `slidingCounter`.
 *
 * @throws {InvalidArgumentError} not whole numbers, a limit beyond 100 000 or a window beyond 366 days
 */
declare function slidingLog(options: SlidingLogOptions): SlidingLog;

/** A limit and how it is counted; made by `gcra`, `tokenBucket`, `fixedWindow`, `slidingLog` or `slidingCounter`. */
type Algorithm = Gcra | FixedWindow | SlidingLog | SlidingCounter;
/** How a subject stands after an operation. Times are whole microseconds. */
interface Standing {
    /** Units charged; for a peek, units that could be. */
    readonly granted: number;
    readonly remaining: number;
    /** Until the units asked for fit (one, where as many as fit were asked for): 0 if they do; `null` is never. */
    readonly retryAfterUs: number | null;
    readonly resetAfterUs: number;
}
/** What `limit` charges if all fits, `upto` as far as it fits, and `penalize` in any case. */
type Operation = "limit" | "upto" | "peek" | "refund" | "penalize";
/** A subject's use of a limit, in memory; the model that the Lua is tested against. Times are whole microseconds. */
interface Account {
    apply(operation: Operation, nowUs: bigint, units: number, limit: Algorithm): Standing;
    /** Nothing is charged any more, so that the account can be forgotten. */
    idle(nowUs: bigint): boolean;
}
/** What all algorithms have. */
interface Counting<Kind extends string> {
    readonly kind: Kind;
    /** Units that fit at once. */
    readonly limit: number;
    /** The time in which `limit` units come back, in milliseconds. */
    readonly windowMs: number;
    /** The configuration as the kind's Lua takes it. */
    readonly words: readonly string[];
    /** What the answer of the kind's Lua means for so many units: those that were asked for, or one where as many as fit were. */
    readonly read: (answer: Answer, wanted: number) => Standing;
    /** An account that has nothing charged. */
    readonly open: () => Account;
    /** The same with a part of the limit, between 0 and 1; never less than one unit. */
    readonly share: (part: number) => Algorithm;
}

/** A limit in the words of the `RateLimit-Policy` header: so many units in so much time. */
interface Policy {
    /** The limiter's `name`. */
    readonly name: string;
    /** Units that fit at once: `burst`, `capacity` or `limit`. */
    readonly limit: number;
    /** The time in which `limit` units come back, in milliseconds; for a window, its length. Not always a whole number. */
    readonly windowMs: number;
}
/**
 * Who decided: `redis`; `deny-cache`, this process, which was told so by Redis before; `fallback`, the counter in memory
 * that stands in for Redis; `policy`, nobody: `onUnavailable` says `allow` or `deny`.
 */
type DecisionSource = "redis" | "deny-cache" | "fallback" | "policy";
/**
 * Why not: `limited`, too much for now; `cost_exceeds_limit`, more than ever fits; `blocked`, by {@link RateLimiter.block};
 * `unavailable`, Redis is, and `onUnavailable` is `deny`.
 */
type DenialReason = "limited" | "cost_exceeds_limit" | "blocked" | "unavailable";
interface Decided {
    /** The limit that was applied: the limiter's own, or the call's. */
    readonly policy: Policy;
    /** `policy.limit`. */
    readonly limit: number;
    /** Units that would still be allowed now; 0 where nobody counted (`source` is `policy`) or the subject is blocked. */
    readonly remaining: number;
    /** When all of the limit is there again, in milliseconds, rounded up. */
    readonly resetAfterMs: number;
    /** Units that were asked for. */
    readonly cost: number;
    /** Units that were charged, all or nothing but for {@link RateLimiter.limitUpTo}; for a peek, those that could be. */
    readonly granted: number;
    readonly source: DecisionSource;
}
interface Allowed extends Decided {
    readonly allowed: true;
    readonly retryAfterMs: 0;
}
interface Denied extends Decided {
    readonly allowed: false;
    /**
     * The same call made this many milliseconds later succeeds if nothing else was allowed meanwhile, and not a millisecond
     * before. At least 1; `null` is never.
     */
    readonly retryAfterMs: number | null;
    readonly reason: DenialReason;
    /** What {@link RateLimiter.block} was given as the reason. */
    readonly blockReason?: string;
    /** The names of the limits that denied it. */
    readonly violated: readonly string[];
}
/** The answer to "may this happen now?". A denial is an answer, never an error. */
type Decision = Allowed | Denied;

/** Base of the errors of this package. Tell kinds apart by `code`. */
declare abstract class RateLimitError extends RkError {
    /** The `name` of the limiter. */
    readonly limiter: string;
    protected constructor(limiter: string, message: string, options?: ErrorOptions);
}
/**
 * Why Redis did not decide. `timeout`: no reply in time; `connection`: none, or lost; `readonly`, `oom`, `loading`,
 * `cluster`, `script`: the server said so (`script`: another script keeps it busy); `breaker`: it failed so often just now that it was not
 * asked; `server`: any other refusal, named by `cause`.
 */
type Unavailability = "timeout" | "connection" | "readonly" | "oom" | "loading" | "cluster" | "script" | "server" | "breaker";
/** Redis could not decide, and `onUnavailable` is `throw`. The call may have been counted: `cause` has the outcome. */
declare class RateLimitUnavailableError extends RateLimitError {
    readonly name = "RateLimitUnavailableError";
    readonly code = "RK_RATELIMIT_UNAVAILABLE";
    readonly kind: Unavailability;
    constructor(limiter: string, kind: Unavailability, cause: unknown);
}
/** The key holds something that no limiter of this algorithm wrote. It is left as it is. */
declare class RateLimitStateError extends RateLimitError {
    readonly name = "RateLimitStateError";
    readonly code = "RK_RATELIMIT_STATE";
    /** The key in Redis. */
    readonly key: string;
    constructor(limiter: string, key: string, cause: unknown);
}

/** What a limiter tells its listeners, by the name of the event. */
interface LimiterEvents {
    /** A subject has used the part `nearLimit` of its limit, by this decision: told when it gets there, not while it stays. */
    readonly nearLimit: {
        readonly subject: Subject;
        readonly decision: Allowed;
    };
    /** Redis could not decide, for the first time since it last could. */
    readonly unavailable: {
        readonly error: RateLimitUnavailableError;
    };
    /** Redis decides again. */
    readonly recovered: {
        readonly unavailableMs: number;
    };
}

/**
 * Who or what is limited: `"user:42"`, or several parts, of which the first decides the slot in a cluster:
 * `["tenant:7", "user:42"]` can be combined with `"tenant:7"`.
 */
type Subject = string | readonly [tag: string, ...rest: string[]];
interface LimitOptions {
    /** Units to charge: a whole number, 1 or more. More than ever fits is denied with `retryAfterMs: null`. @default 1 */
    readonly cost?: number;
    /**
     * The limit for this call instead of the limiter's own, of the same algorithm. What is free is carried over, so that calls
     * which alternate between limits never get more than the largest rate and burst of them. Windows must be as long as the limiter's.
     */
    readonly limit?: Algorithm;
    /** The call rejects with the signal's reason. It may have been counted if it was under way. */
    readonly signal?: AbortSignal;
}
interface BlockOptions {
    /** Comes back in the denials as `blockReason`. @default none */
    readonly reason?: string;
    readonly signal?: AbortSignal;
}
/**
 * Limits, one for each subject. Every call is one round trip, decided by the server's clock.
 *
 * A denial is a value. Where Redis cannot decide, `onUnavailable` does; the calls that only change something (refund,
 * penalize, block, unblock, reset) reject then, whatever it says, with a RateLimitUnavailableError.
 */
interface RateLimiter {
    /** The limit it applies, for headers. */
    readonly policy: Policy;
    /** Charges `cost` units if they fit, and nothing otherwise. @throws {RateLimitStateError} the key holds a foreign value */
    limit(subject: Subject, options?: LimitOptions): Promise<Decision>;
    /** Charges as many of `units` as fit, which `granted` tells: allowed if that is one or more. */
    limitUpTo(subject: Subject, units: number, options?: Omit<LimitOptions, "cost">): Promise<Decision>;
    /** What {@link limit} would say now. Charges nothing. */
    peek(subject: Subject, options?: LimitOptions): Promise<Decision>;
    /**
     * Gives back units that were charged; never more than are charged now, so that it cannot make credit.
     *
     * Do so within the `resetAfterMs` of the decision that charged them. After it, time has given them back already, as when a window has
     * begun anew, and the refund takes as many from what was charged since.
     */
    refund(subject: Subject, units: number, options?: Omit<LimitOptions, "cost">): Promise<void>;
    /** Charges units that nobody asked for, down to nothing left. To keep somebody out for longer, {@link block}. */
    penalize(subject: Subject, units: number, options?: Omit<LimitOptions, "cost">): Promise<void>;
    /** Denies everything for that time, in place of an earlier block. What was charged stays. */
    block(subject: Subject, durationMs: number, options?: BlockOptions): Promise<void>;
    /** Ends a block. */
    unblock(subject: Subject): Promise<void>;
    /** Forgets what was charged. A block stays. */
    reset(subject: Subject): Promise<void>;
    /** Calls back until the returned function is called. What a listener throws becomes a process warning. */
    on<E extends keyof LimiterEvents>(event: E, listener: (info: LimiterEvents[E]) => void): () => void;
}

/** What is asked of one of the limiters. */
interface CombinedCall extends Omit<LimitOptions, "signal"> {
    readonly subject: Subject;
}
/** The answer of several limits: allowed by all and charged to all, or charged to none. */
interface CombinedDecision<Decisions extends readonly Decision[] = readonly Decision[]> {
    readonly allowed: boolean;
    /** When none of them stands in the way any more; `null` is never; 0 if allowed. */
    readonly retryAfterMs: number | null;
    /** The names of those that denied it. */
    readonly violated: readonly string[];
    /** Each one's own, in their order. Where others denied it, `allowed` says that this one would not have. */
    readonly decisions: Decisions;
}
type Each<Limiters extends readonly RateLimiter[], T> = {
    readonly [I in keyof Limiters]: T;
};
interface CombinedLimiter<Limiters extends readonly RateLimiter[]> {
    /**
     * Charges all or none, in one round trip. In a cluster all subjects begin with the same part, which decides the slot:
     * `"tenant:7"` and `["tenant:7", "user:42"]`.
     *
     * @throws {CrossSlotError} they do not; nothing was sent
     */
    limit(calls: Each<Limiters, CombinedCall>, options?: {
        readonly signal?: AbortSignal;
    }): Promise<CombinedDecision<Each<Limiters, Decision>>>;
    /** Gives back what these calls were charged, to each limiter as its own `refund` does; nothing to one whose call is `null`. */
    refund(calls: Each<Limiters, CombinedCall | null>, options?: {
        readonly signal?: AbortSignal;
    }): Promise<void>;
}
/**
 * Several limits as one. If Redis cannot decide, it throws if one of the limiters is to throw; otherwise each decides as its
 * `onUnavailable` says, all or nothing. The deny caches are not asked.
 *
 * @throws {InvalidArgumentError} none, or limiters of different connections
 */
declare function combine<const Limiters extends readonly [RateLimiter, ...RateLimiter[]]>(...limiters: Limiters): CombinedLimiter<Limiters>;

/** What can stand before a service: a limiter, or several of them as one, made by `combine`. */
type Limits = RateLimiter | CombinedLimiter<readonly RateLimiter[]>;
/** What says whom to charge: a limiter's subject; for several as one, a call for each of them. */
type KeyOf<Limiter extends Limits> = Limiter extends CombinedLimiter<infer Limiters> ? {
    readonly [I in keyof Limiters]: CombinedCall;
} : Subject;

/**
 * Which responses keep what their request was charged: all; `failures`, those with a status of 400 or more, as for attempts
 * to log in; `successes`, the others; or those whose status the function says so of.
 */
type Charge = "always" | "failures" | "successes" | ((status: number) => boolean);

/** A header field: name and value. */
type Field = readonly [name: string, value: string];
/**
 * Which header fields tell the client where it stands:
 *
 * - `draft-10`: `RateLimit-Policy: "burst";q=20;w=2` and `RateLimit: "burst";r=19;t=1`, the syntax of the IETF draft since -08
 * - `draft-7`: `RateLimit-Policy: 20;w=2` and `RateLimit: limit=20, remaining=19, reset=1`
 * - `draft-6`: `RateLimit-Policy` as before, and `RateLimit-Limit`, `RateLimit-Remaining` and `RateLimit-Reset`
 * - `none`: none
 *
 * Only `draft-10` tells of every policy; the older ones tell of the one with the least left.
 *
 * @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
 */
type FieldStyle = "draft-10" | "draft-7" | "draft-6" | "none";

/** How requests are limited: the same options for every framework. `Request` is the framework's request. */
interface GateOptions<Request, Limiter extends Limits = RateLimiter> {
    /**
     * Whose request it is: the subject that is charged, as `ipKey(request.ip)` or the id of the user. `null` is nobody's:
     * the request is let through and not counted. For a combined limiter, a call for each of its limiters:
     * `[{ subject: tenant }, { subject: [tenant, user], cost: 5 }]`.
     */
    readonly key: (request: Request) => KeyOf<Limiter> | null;
    /** Units that a request costs, or a function that tells; for a combined limiter, of each call that has no own. @default 1 */
    readonly cost?: number | ((request: Request) => number);
    /** The limit for a request instead of the limiter's own, as of a customer's plan. @default the limiter's */
    readonly limit?: (request: Request) => Algorithm;
    /**
     * Which requests keep their charge, by the status of the response. Every request is charged before it is handled, so that
     * many at once cannot slip through; the others get exactly that back once their response is sent. A client that hangs up
     * before earns no refund. (With the Fetch API and Hono, a response counts as sent when the handler has given it.)
     * @default "always"
     */
    readonly charge?: Charge;
    /** Which header fields tell the client where it stands. @default "draft-10" */
    readonly headers?: FieldStyle;
    /** Also sends `X-RateLimit-Limit`, `X-RateLimit-Remaining` and `X-RateLimit-Reset` (Unix time, seconds). @default false */
    readonly legacyHeaders?: boolean;
    /** What the units are, where they are not requests: the parameter `qu` of `RateLimit-Policy`, as `content-bytes`. */
    readonly quotaUnit?: string;
    /**
     * Whose quota it is, as the client may know it: the parameter `pk` of the fields. Nothing secret.
     * @default not told
     */
    readonly partitionKey?: (request: Request) => string;
    /**
     * Up to that many milliseconds, at random, are added to the `Retry-After` of a denial, so that the clients which one
     * window has turned away do not all come back at once.
     * @default 0
     */
    readonly retryJitterMs?: number;
    /** From 0 up to 1, for the jitter. @default Math.random */
    readonly random?: () => number;
}

export { RateLimitError, RateLimitStateError, RateLimitUnavailableError, combine, fixedWindow, gcra, per, perDay, perHour, perMinute, perSecond, slidingCounter, slidingLog };
export type { Algorithm, Allowed, BlockOptions, Charge, CombinedCall, CombinedDecision, CombinedLimiter, Decision, DecisionSource, DenialReason, Denied, Field, FieldStyle, FixedWindow, FixedWindowOptions, GateOptions, Gcra, GcraOptions, KeyOf, LimitOptions, LimiterEvents, Limits, Operation, Policy, Rate, RateLimiter, SlidingCounter, SlidingCounterOptions, SlidingLog, SlidingLogOptions, Subject, Unavailability };
