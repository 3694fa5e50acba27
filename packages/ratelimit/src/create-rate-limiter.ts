import { checkInteger, checkKnown, checkPort, del, InvalidArgumentError, type RedisPort } from "@rk/client";
import { type Algorithm, checkOverride, type Operation } from "./algorithm.ts";
import { numberAt } from "./answer.ts";
import { publish } from "./channel.ts";
import { block, decide, type Question } from "./decide-script.ts";
import type { Decision, Denied, Policy } from "./decision.ts";
import { DenyCache } from "./deny-cache.ts";
import { RateLimitUnavailableError } from "./errors.ts";
import { Events, type LimiterEvents } from "./events.ts";
import { Judge } from "./judge.ts";
import type { BlockOptions, LimitOptions, RateLimiter, Subject } from "./limiter.ts";
import { MemoryLimits } from "./memory-limits.ts";
import { type RateLimiterOptions, type ResolvedOptions, resolveOptions } from "./options.ts";
import { LONGEST_MS } from "./rate.ts";
import { type SubjectKeys, subjectKeys } from "./subject-keys.ts";
import { allowedUncounted, deniedUncounted, fromRedis, fromStanding, policyOf } from "./verdicts.ts";

/**
 * A limiter over Redis: every decision is one script at the subject's key, by the server's clock.
 *
 * Exact as its algorithm is, while the server keeps its data: a failover to a replica that lags, an eviction or a restart without
 * persistence forgets use, and lets that much more through.
 *
 * @throws {InvalidArgumentError} an option is not acceptable
 */
export function createRateLimiter(redis: RedisPort, options: RateLimiterOptions): RateLimiter {
	return new Limiter(redis, resolveOptions(options));
}

export class Limiter implements RateLimiter {
	readonly policy: Policy;
	readonly redis: RedisPort;
	readonly options: ResolvedOptions;
	readonly memory: MemoryLimits | undefined;
	readonly events: Events = new Events();
	readonly #judge: Judge;
	readonly #denied: DenyCache | undefined;
	readonly #keys: (subject: Subject) => SubjectKeys;

	constructor(redis: RedisPort, options: ResolvedOptions) {
		checkPort("redis", redis);
		const { name, algorithm, onUnavailable, denyCache } = options;
		this.redis = redis;
		this.options = options;
		this.policy = policyOf(name, algorithm);
		this.#keys = subjectKeys(options.prefix, name);
		this.#judge = new Judge(redis, { ...options, events: this.events });
		this.#denied = denyCache === undefined ? undefined : new DenyCache(denyCache.max);
		if (typeof onUnavailable === "object") {
			this.memory = new MemoryLimits(onUnavailable.fallback);
			this.memory.shareOf(algorithm);
		}
	}

	limit(subject: Subject, options?: LimitOptions): Promise<Decision> {
		if (this.#denied === undefined || options?.limit !== undefined)
			return this.#decide("limit", subject, options);
		return this.#limitBy(this.#denied, subject, options);
	}

	async limitUpTo(subject: Subject, units: number, options?: Omit<LimitOptions, "cost">): Promise<Decision> {
		return this.#decide("upto", subject, costing(units, options));
	}

	peek(subject: Subject, options?: LimitOptions): Promise<Decision> {
		return this.#decide("peek", subject, options);
	}

	refund(subject: Subject, units: number, options?: Omit<LimitOptions, "cost">): Promise<void> {
		return this.#charge("refund", subject, units, options);
	}

	penalize(subject: Subject, units: number, options?: Omit<LimitOptions, "cost">): Promise<void> {
		return this.#charge("penalize", subject, units, options);
	}

	async block(subject: Subject, durationMs: number, options: BlockOptions = {}): Promise<void> {
		checkInteger("durationMs", durationMs, 1, LONGEST_MS);
		checkKnown("", options, ["reason", "signal"]);
		const { reason = "", signal } = options;
		if (typeof reason !== "string") throw new InvalidArgumentError("reason", reason, "text");
		const keys = this.#keys(subject);
		await this.#judge.ask(block([keys.block], [String(durationMs), reason]), signal);
	}

	async unblock(subject: Subject): Promise<void> {
		await this.#remove(subject, "block");
	}

	async reset(subject: Subject): Promise<void> {
		await this.#remove(subject, "state");
	}

	on<E extends keyof LimiterEvents>(event: E, listener: (info: LimiterEvents[E]) => void): () => void {
		return this.events.on(event, listener);
	}

	/** The question of one call, checked. @throws {InvalidArgumentError} */
	question(subject: Subject, options: LimitOptions | undefined): Question {
		const { algorithm: own } = this.options;
		const keys = this.#keys(subject);
		if (options === undefined) return { keys, units: 1, limit: own, own };
		checkKnown("", options, ["cost", "limit", "signal"]);
		const { cost = 1, limit = own } = options;
		checkInteger("cost", cost, 1, 1e9);
		if (limit !== own) checkOverride(limit, own);
		return { keys, units: cost, limit, own };
	}

	policyFor(limit: Algorithm): Policy {
		return limit === this.options.algorithm ? this.policy : policyOf(this.policy.name, limit);
	}

	/** Tells who listens what was decided. */
	tell(operation: Operation, subject: Subject, key: string, decision: Decision, serverTimeUs?: number): void {
		const limiter = this.policy.name;
		publish(() => {
			const message = { type: "decision" as const, limiter, operation, key, decision };
			return serverTimeUs === undefined ? message : { ...message, serverTimeUs };
		});
		if (!decision.allowed || decision.source === "policy" || operation === "peek") return;
		const near = decision.limit * this.options.nearLimit;
		const used = decision.limit - decision.remaining;
		if (used < near || used - decision.granted >= near) return;
		this.events.emit("nearLimit", { subject, decision });
		publish(() => ({ type: "nearLimit", limiter, subject, decision }));
	}

	async #limitBy(cache: DenyCache, subject: Subject, options: LimitOptions | undefined): Promise<Decision> {
		const { keys, units } = this.question(subject, options);
		const { clock } = this.options;
		const askedAt = clock();
		const known = cache.get(keys.state, units, askedAt);
		if (known !== undefined) return known;
		const asked = cache.ask(keys.state, askedAt);
		let denied: Denied | undefined;
		try {
			const decision = await this.#decide("limit", subject, options);
			if (!decision.allowed && decision.source === "redis") denied = decision;
			return decision;
		} finally {
			cache.answered(keys.state, asked, denied, clock());
		}
	}

	async #decide(
		operation: "limit" | "upto" | "peek",
		subject: Subject,
		options: LimitOptions | undefined,
	): Promise<Decision> {
		const question = this.question(subject, options);
		const policy = this.policyFor(question.limit);
		let decision: Decision;
		let serverTimeUs: number | undefined;
		try {
			const answer = await this.#judge.ask(decide(operation, question), options?.signal);
			serverTimeUs = numberAt(answer, 0);
			decision = fromRedis(policy, operation, question, answer);
		} catch (error) {
			decision = this.#without(operation, question, policy, error);
		}
		this.tell(operation, subject, question.keys.state, decision, serverTimeUs);
		return decision;
	}

	/** The decision that `onUnavailable` makes. */
	#without(
		operation: "limit" | "upto" | "peek",
		{ keys, units, limit }: Question,
		policy: Policy,
		error: unknown,
	): Decision {
		if (!(error instanceof RateLimitUnavailableError)) throw error;
		if (this.memory !== undefined) {
			const nowUs = this.nowUs;
			const standing = this.memory.apply(operation, keys.state, units, limit, nowUs);
			const share = policyOf(policy.name, this.memory.shareOf(limit));
			return fromStanding(share, units, operation === "upto" ? 1 : units, standing, "fallback");
		}
		const { onUnavailable } = this.options;
		if (onUnavailable === "allow") return allowedUncounted(policy, units);
		if (onUnavailable === "deny") return deniedUncounted(policy, units, this.#judge.resumesInMs);
		throw error;
	}

	/** The fallback's time, in whole microseconds. */
	get nowUs(): bigint {
		return BigInt(Math.floor(this.options.clock() * 1_000));
	}

	async #charge(
		operation: "refund" | "penalize",
		subject: Subject,
		units: number,
		options: Omit<LimitOptions, "cost"> | undefined,
	): Promise<void> {
		const question = this.question(subject, costing(units, options));
		// Before and after: calls that are made meanwhile are to see it, and denials that come meanwhile may be from before.
		this.#denied?.forget(question.keys.state);
		try {
			await this.#judge.ask(decide(operation, question), options?.signal);
		} catch (error) {
			if (!(error instanceof RateLimitUnavailableError) || this.memory === undefined) throw error;
			this.memory.apply(operation, question.keys.state, question.units, question.limit, this.nowUs);
		} finally {
			this.#denied?.forget(question.keys.state);
		}
	}

	async #remove(subject: Subject, which: keyof SubjectKeys): Promise<void> {
		const keys = this.#keys(subject);
		this.#denied?.forget(keys.state);
		try {
			await this.#judge.ask(del([keys[which]]), undefined);
		} finally {
			this.#denied?.forget(keys.state);
		}
	}
}

/** The options of a call whose units are an argument of its own. */
function costing(units: number, options: Omit<LimitOptions, "cost"> = {}): LimitOptions {
	checkInteger("units", units, 1, 1e9);
	checkKnown("", options, ["limit", "signal"]);
	return { ...options, cost: units };
}
