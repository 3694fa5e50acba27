import { InvalidArgumentError, RkError } from "@rk/client";
import type { Decision } from "../decision.ts";
import type { RateLimiter } from "../limiter.ts";
import { type Field, seconds } from "./fields.ts";
import { chargeTo, type Limits } from "./limits.ts";
import { addNotice, noticeOf, noticesOf } from "./notice.ts";
import { type GateOptions, resolveGate } from "./options.ts";
import { type Problem, problemOf } from "./problem.ts";

/** The request may be handled. */
export interface Admitted {
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
export interface Refused {
	readonly allowed: false;
	/** The header fields for the response, `Retry-After` among them if it is worth while to come back. */
	fields(): readonly Field[];
	readonly problem: Problem;
}

export type Admission = Admitted | Refused;

/** What stands before the handlers of an HTTP service: one limiter, whatever the framework. */
export interface Gate<Request extends object> {
	/**
	 * May this request be handled? It is charged once, however often it comes by: a middleware that is mounted twice counts
	 * once. (Two gates are two charges.)
	 *
	 * @throws what the limiter throws: a RateLimitUnavailableError, if `onUnavailable` is `throw`; and what `key` throws
	 */
	enter(request: Request): Promise<Admission>;
}

const FREE: Admitted = Object.freeze({ allowed: true, fields: () => [], settle: () => {} });

/**
 * A gate for a framework of your own; `fetchGuard`, `expressRateLimit`, `fastifyRateLimit` and `honoRateLimit` are made of it.
 *
 * @throws {InvalidArgumentError} an option is not acceptable
 */
export function createGate<Request extends object, Limiter extends Limits = RateLimiter>(
	limiter: Limiter,
	options: GateOptions<Request, Limiter>,
): Gate<Request>;
export function createGate<Request extends object>(
	limiter: Limits,
	options: GateOptions<Request, Limits>,
): Gate<Request> {
	if (typeof limiter?.limit !== "function")
		throw new InvalidArgumentError("limiter", limiter, "made by createRateLimiter or combine");
	const gate = resolveGate(options);
	const entered = new WeakMap<Request, Promise<Admission>>();

	async function admit(request: Request): Promise<Admission> {
		const key = gate.key(request);
		if (key === null) return FREE;
		const own = gate.limit && { limit: gate.limit(request) };
		const askedAt = performance.now();
		const charged = await chargeTo(limiter, key, { cost: gate.cost(request), ...own });
		const { allowed, decisions, retryAfterMs } = charged;
		const jitterMs = allowed ? 0 : gate.jitterMs();
		const told = { unit: gate.unit, partition: gate.partition(request), jitterMs };
		for (const decision of decisions) addNotice(request, noticeOf(decision, told));
		const fields = (): readonly Field[] => gate.write(noticesOf(request));

		if (!allowed) {
			const denied = decisions.filter((decision) => !decision.allowed);
			const retry: Field[] =
				retryAfterMs === null ? [] : [["Retry-After", `${seconds(retryAfterMs + jitterMs)}`]];
			return { allowed: false, fields: () => [...fields(), ...retry], problem: problemOf(denied) };
		}

		// What nobody counted cannot be given back.
		let settled = decisions.some(({ source }) => source === "policy");
		// Nor what time has given back meanwhile: a refund would take it from what others were charged since.
		const counts = ({ resetAfterMs }: Decision): boolean => performance.now() < askedAt + resetAfterMs;
		const giveBack = async (status: number): Promise<void> => {
			if (!gate.keepsCharge(status)) await charged.refund(counts);
		};
		return {
			allowed: true,
			fields,
			settle(status) {
				if (settled) return;
				settled = true;
				giveBack(status).catch(warnUnlessUnavailable);
			},
		};
	}

	return {
		async enter(request) {
			const earlier = entered.get(request);
			if (earlier !== undefined) return (await earlier).allowed ? FREE : earlier;
			const admission = admit(request);
			entered.set(request, admission);
			return admission;
		},
	};
}

/** Nobody waits for a refund. That Redis is unavailable, the limiter's events tell; anything else is a mistake to be seen. */
function warnUnlessUnavailable(error: unknown): void {
	if (error instanceof RkError && error.code === "RK_RATELIMIT_UNAVAILABLE") return;
	const warning = new Error(
		`A charge was not given back: ${error instanceof Error ? error.message : error}`,
		{
			cause: error,
		},
	);
	process.emitWarning(Object.assign(warning, { name: "RkWarning", code: "RK_RATELIMIT_REFUND" }));
}
