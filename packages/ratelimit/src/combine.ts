import { checkKnown, InvalidArgumentError, UnexpectedReplyError } from "@rk/client";
import { Limiter } from "./create-rate-limiter.ts";
import { decideAll, type Question } from "./decide-script.ts";
import type { Decision, Policy } from "./decision.ts";
import { RateLimitUnavailableError } from "./errors.ts";
import { Judge } from "./judge.ts";
import type { LimitOptions, RateLimiter, Subject } from "./limiter.ts";
import { decideInMemory } from "./memory-limits.ts";
import { allowedUncounted, deniedUncounted, fromRedis, fromStanding, policyOf } from "./verdicts.ts";

/** What is asked of one of the limiters. */
export interface CombinedCall extends Omit<LimitOptions, "signal"> {
	readonly subject: Subject;
}

/** The answer of several limits: allowed by all and charged to all, or charged to none. */
export interface CombinedDecision<Decisions extends readonly Decision[] = readonly Decision[]> {
	readonly allowed: boolean;
	/** When none of them stands in the way any more; `null` is never; 0 if allowed. */
	readonly retryAfterMs: number | null;
	/** The names of those that denied it. */
	readonly violated: readonly string[];
	/** Each one's own, in their order. Where others denied it, `allowed` says that this one would not have. */
	readonly decisions: Decisions;
}

type Each<Limiters extends readonly RateLimiter[], T> = { readonly [I in keyof Limiters]: T };

export interface CombinedLimiter<Limiters extends readonly RateLimiter[]> {
	/**
	 * Charges all or none, in one round trip. In a cluster all subjects begin with the same part, which decides the slot:
	 * `"tenant:7"` and `["tenant:7", "user:42"]`.
	 *
	 * @throws {CrossSlotError} they do not; nothing was sent
	 */
	limit(
		calls: Each<Limiters, CombinedCall>,
		options?: { readonly signal?: AbortSignal },
	): Promise<CombinedDecision<Each<Limiters, Decision>>>;

	/** Gives back what these calls were charged, to each limiter as its own `refund` does; nothing to one whose call is `null`. */
	refund(
		calls: Each<Limiters, CombinedCall | null>,
		options?: { readonly signal?: AbortSignal },
	): Promise<void>;
}

/**
 * Several limits as one. If Redis cannot decide, it throws if one of the limiters is to throw; otherwise each decides as its
 * `onUnavailable` says, all or nothing. The deny caches are not asked.
 *
 * @throws {InvalidArgumentError} none, or limiters of different connections
 */
export function combine<const Limiters extends readonly [RateLimiter, ...RateLimiter[]]>(
	...limiters: Limiters
): CombinedLimiter<Limiters> {
	const own = limiters.map((limiter) => {
		if (limiter instanceof Limiter) return limiter;
		throw new InvalidArgumentError("limiters", limiter, "limiters made by createRateLimiter");
	});
	const [first] = own;
	if (first === undefined) throw new InvalidArgumentError("limiters", limiters, "one limiter or more");
	if (own.some(({ redis }) => redis !== first.redis))
		throw new InvalidArgumentError("limiters", limiters, "limiters of one port");
	const name = own.map(({ policy }) => policy.name).join(" + ");
	const timeoutMs = Math.max(...own.map(({ options }) => options.timeoutMs));
	const judge = new Judge(first.redis, { ...first.options, name, timeoutMs, events: first.events });

	function limit(
		calls: Each<Limiters, CombinedCall>,
		options?: { readonly signal?: AbortSignal },
	): Promise<CombinedDecision<Each<Limiters, Decision>>>;
	async function limit(
		calls: readonly CombinedCall[],
		options: { readonly signal?: AbortSignal } = {},
	): Promise<CombinedDecision> {
		checkCalls(calls, options);
		const parts = own.map((limiter, i) => partOf(limiter, calls[i]));
		if (new Set(parts.map(({ question }) => question.key)).size < parts.length)
			throw new InvalidArgumentError("calls", calls, "about different limits or subjects");
		const decisions = await decisionsOf(judge, parts, options.signal);
		parts.forEach(({ limiter, subject, question }, i) => {
			const decision = decisions[i];
			if (decision !== undefined) limiter.tell("limit", subject, question.key, decision);
		});
		return summaryOf(decisions);
	}

	async function refund(
		calls: ReadonlyArray<CombinedCall | null>,
		options: { readonly signal?: AbortSignal } = {},
	): Promise<void> {
		checkCalls(calls, options);
		const parts = own.flatMap((limiter, i) => (calls[i] === null ? [] : partOf(limiter, calls[i])));
		await Promise.all(
			parts.map(({ limiter, subject, question: { units, limit } }) =>
				limiter.refund(subject, units, { ...options, limit }),
			),
		);
	}

	function checkCalls(calls: readonly unknown[], options: object): void {
		checkKnown("", options, ["signal"]);
		if (!Array.isArray(calls) || calls.length !== own.length)
			throw new InvalidArgumentError("calls", calls, `an array of ${own.length}, one for each limiter`);
	}

	return Object.freeze({ limit, refund });
}

/** One limiter's part in a call. */
interface Part {
	readonly limiter: Limiter;
	readonly subject: Subject;
	readonly policy: Policy;
	readonly question: Question;
}

function partOf(limiter: Limiter, call: CombinedCall | undefined): Part {
	if (call === undefined) throw new InvalidArgumentError("calls", call, "a call for each limiter");
	checkKnown("calls", call, ["subject", "cost", "limit"]);
	const { subject, ...options } = call;
	const question = limiter.question(subject, options);
	return { limiter, subject, question, policy: limiter.policyFor(question.limit) };
}

async function decisionsOf(
	judge: Judge,
	parts: readonly Part[],
	signal: AbortSignal | undefined,
): Promise<Decision[]> {
	try {
		const questions = parts.map(({ question }) => question);
		return await judge.ask(decideAll(questions), signal, (answers) =>
			parts.map(({ policy, question }, i) => {
				const answer = answers[i];
				if (answer === undefined) throw new UnexpectedReplyError("an answer for each limit", answers.length);
				return fromRedis(policy, "limit", question, answer);
			}),
		);
	} catch (error) {
		if (!(error instanceof RateLimitUnavailableError)) throw error;
		if (parts.some(({ limiter }) => limiter.options.onUnavailable === "throw")) throw error;
		return withoutRedis(parts, judge.resumesInMs);
	}
}

function withoutRedis(parts: readonly Part[], retryAfterMs: number): Decision[] {
	const denied = parts.some(({ limiter }) => limiter.options.onUnavailable === "deny");
	const counted = parts.flatMap(({ limiter, question: { key, units, limit } }) =>
		limiter.memory === undefined ? [] : [{ limits: limiter.memory, key, units, limit }],
	);
	const [first] = parts;
	const standings = decideInMemory(counted, first?.limiter.nowUs ?? 0n, denied);
	return parts.map(({ limiter, policy, question: { units, limit } }) => {
		const standing = limiter.memory === undefined ? undefined : standings.shift();
		if (standing !== undefined && limiter.memory !== undefined) {
			const share = policyOf(policy.name, limiter.memory.shareOf(limit));
			return fromStanding(share, units, units, standing, "fallback");
		}
		return limiter.options.onUnavailable === "deny"
			? deniedUncounted(policy, units, retryAfterMs)
			: allowedUncounted(policy, units);
	});
}

function summaryOf(decisions: readonly Decision[]): CombinedDecision {
	const denied = decisions.filter((decision) => !decision.allowed);
	const waits = denied.map(({ retryAfterMs }) => retryAfterMs ?? Number.POSITIVE_INFINITY);
	const longest = Math.max(0, ...waits);
	return {
		allowed: denied.length === 0,
		retryAfterMs: Number.isFinite(longest) ? longest : null,
		violated: denied.flatMap(({ violated }) => violated),
		decisions,
	};
}
