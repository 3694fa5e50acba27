import { checkInteger, checkKnown, checkPort, InvalidArgumentError, type RedisPort } from "@rk/client";
import { type Algorithm, checkOverride, type Operation } from "./algorithm.ts";
import { type Answer, timeUs } from "./answer.ts";
import { publish } from "./channel.ts";
import { block, decide, type Question, reset, unblock } from "./decide-script.ts";
import type { Decision, Denied, Policy } from "./decision.ts";
import { DenyCache } from "./deny-cache.ts";
import { RateLimitUnavailableError } from "./errors.ts";
import { Events, type LimiterEvents } from "./events.ts";
import { Judge } from "./judge.ts";
import type { BlockOptions, LimitOptions, RateLimiter, Subject } from "./limiter.ts";
import { MemoryLimits } from "./memory-limits.ts";
import { type RateLimiterOptions, type ResolvedOptions, resolveOptions } from "./options.ts";
import { LONGEST_MS } from "./rate.ts";
import { subjectKeys } from "./subject-keys.ts";
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
	readonly #keyOf: (subject: Subject) => string;

	constructor(redis: RedisPort, options: ResolvedOptions) {
		checkPort("redis", redis);
		const { name, algorithm, onUnavailable, denyCache } = options;
		this.redis = redis;
		this.options = options;
		this.policy = policyOf(name, algorithm);
		this.#keyOf = subjectKeys(options.prefix, name);
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
		const question = this.question(subject, undefined);
		await this.#judge.ask(block({ ...question, units: durationMs }, reason), signal, nothing);
	}

	async unblock(subject: Subject): Promise<void> {
		const question = this.question(subject, undefined);
		await this.#forgetting(question.key, () => this.#judge.ask(unblock(question), undefined, nothing));
	}

	async reset(subject: Subject): Promise<void> {
		const key = this.#keyOf(subject);
		await this.#forgetting(key, () => this.#judge.ask(reset([key]), undefined, nothing));
	}

	on<E extends keyof LimiterEvents>(event: E, listener: (info: LimiterEvents[E]) => void): () => void {
		return this.events.on(event, listener);
	}

	/** The question of one call, checked. @throws {InvalidArgumentError} */
	question(subject: Subject, options: LimitOptions | undefined): Question {
		const { algorithm: own } = this.options;
		const key = this.#keyOf(subject);
		if (options === undefined) return { key, units: 1, limit: own, own };
		checkKnown("", options, ["cost", "limit", "signal"]);
		const { cost = 1, limit = own } = options;
		checkInteger("cost", cost, 1, 1e9);
		if (limit !== own) checkOverride(limit, own);
		return { key, units: cost, limit, own };
	}

	policyFor(limit: Algorithm): Policy {
		return limit === this.options.algorithm ? this.policy : policyOf(this.policy.name, limit);
	}

	/** Tells who listens what was decided. */
	tell(operation: Operation, subject: Subject, key: string, decision: Decision, answer?: Answer): void {
		const limiter = this.policy.name;
		publish(() => {
			const message = { type: "decision" as const, limiter, operation, key, decision };
			return answer === undefined ? message : { ...message, serverTimeUs: timeUs(answer) };
		});
		if (!decision.allowed || decision.source === "policy" || operation === "peek") return;
		const near = decision.limit * this.options.nearLimit;
		const used = decision.limit - decision.remaining;
		if (used < near || used - decision.granted >= near) return;
		this.events.emit("nearLimit", { subject, decision });
		publish(() => ({ type: "nearLimit", limiter, subject, decision }));
	}

	async #limitBy(cache: DenyCache, subject: Subject, options: LimitOptions | undefined): Promise<Decision> {
		const { key, units } = this.question(subject, options);
		const { clock } = this.options;
		const askedAt = clock();
		const known = cache.get(key, units, askedAt);
		if (known !== undefined) return known;
		const asked = cache.ask(key, askedAt);
		let denied: Denied | undefined;
		try {
			const decision = await this.#decide("limit", subject, options);
			if (!decision.allowed && decision.source === "redis") denied = decision;
			return decision;
		} finally {
			cache.answered(key, asked, denied, clock());
		}
	}

	/** Not an async function, which would be two promises more for what every call goes through. */
	#decide(
		operation: "limit" | "upto" | "peek",
		subject: Subject,
		options: LimitOptions | undefined,
	): Promise<Decision> {
		try {
			const question = this.question(subject, options);
			const policy = this.policyFor(question.limit);
			const told = (decision: Decision, answer?: Answer): Decision => {
				this.tell(operation, subject, question.key, decision, answer);
				return decision;
			};
			return this.#judge.ask(
				decide(operation, question),
				options?.signal,
				(answer) => told(fromRedis(policy, operation, question, answer), answer),
				(error) => told(this.#without(operation, question, policy, error)),
			);
		} catch (error) {
			return Promise.reject(error);
		}
	}

	/** The decision that `onUnavailable` makes. */
	#without(
		operation: "limit" | "upto" | "peek",
		{ key, units, limit }: Question,
		policy: Policy,
		error: unknown,
	): Decision {
		if (!(error instanceof RateLimitUnavailableError)) throw error;
		if (this.memory !== undefined) {
			const nowUs = this.nowUs;
			const standing = this.memory.apply(operation, key, units, limit, nowUs);
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
		const { key, limit } = question;
		try {
			const command = decide(operation, question);
			await this.#forgetting(key, () => this.#judge.ask(command, options?.signal, nothing));
		} catch (error) {
			if (!(error instanceof RateLimitUnavailableError) || this.memory === undefined) throw error;
			this.memory.apply(operation, key, units, limit, this.nowUs);
		}
	}

	/** Before and after: calls that are made meanwhile are to see it, and denials that come meanwhile may be from before. */
	async #forgetting(key: string, work: () => Promise<unknown>): Promise<void> {
		this.#denied?.forget(key);
		try {
			await work();
		} finally {
			this.#denied?.forget(key);
		}
	}
}

function nothing(): void {}

/** The options of a call whose units are an argument of its own. */
function costing(units: number, options: Omit<LimitOptions, "cost"> = {}): LimitOptions {
	checkInteger("units", units, 1, 1e9);
	checkKnown("", options, ["limit", "signal"]);
	return { ...options, cost: units };
}
