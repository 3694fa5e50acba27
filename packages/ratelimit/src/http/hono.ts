import type { RateLimiter } from "../limiter.ts";
import { problemResponse } from "./fetch.ts";
import { createGate } from "./gate.ts";
import type { Limits } from "./limits.ts";
import type { GateOptions } from "./options.ts";

/** What the middleware needs of Hono's context, and a key is usually made of. For more, annotate it: `key: (context: Context) => …`. */
export interface HonoContextLike {
	readonly req: {
		readonly method: string;
		readonly path: string;
		header(name: string): string | undefined;
	};
	readonly res: { readonly status: number };
	header(name: string, value: string): void;
}

/** A middleware of Hono 4. */
export type HonoMiddleware<Context extends HonoContextLike> = (
	context: Context,
	next: () => Promise<void>,
) => Promise<Response | undefined>;

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
export function honoRateLimit<
	Context extends HonoContextLike = HonoContextLike,
	Limiter extends Limits = RateLimiter,
>(limiter: Limiter, options: GateOptions<Context, Limiter>): HonoMiddleware<NoInfer<Context>> {
	const gate = createGate(limiter, options);
	return async (context, next) => {
		const admission = await gate.enter(context);
		if (!admission.allowed) return problemResponse(admission);
		await next();
		// Only now: what is set before is lost if the handler makes its own Response.
		for (const [name, value] of admission.fields()) context.header(name, value);
		admission.settle(context.res.status);
		return undefined;
	};
}
