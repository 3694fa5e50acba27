import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import type { RateLimiter } from "../limiter.ts";
import { createGate } from "./gate.ts";
import type { Limits } from "./limits.ts";
import type { GateOptions } from "./options.ts";
import { PROBLEM_TYPE } from "./problem.ts";

/** What a key is usually made of. For more, annotate it: `key: (request: FastifyRequest) => …`. */
export interface FastifyRequestLike {
	readonly ip: string;
	readonly method: string;
	readonly url: string;
	readonly headers: IncomingHttpHeaders;
}

/** What the hook needs of Fastify's reply. */
export interface FastifyReplyLike {
	readonly raw: Pick<ServerResponse, "once" | "statusCode">;
	header(name: string, value: string): unknown;
	code(status: 429 | 503): unknown;
	send(payload: string): unknown;
}

/** A hook of Fastify 5: `onRequest`, or `preHandler` where the key needs what other hooks find out. */
export type FastifyHook<Request extends object> = (
	request: Request,
	reply: FastifyReplyLike,
) => Promise<unknown>;

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
export function fastifyRateLimit<
	Request extends object = FastifyRequestLike,
	Limiter extends Limits = RateLimiter,
>(limiter: Limiter, options: GateOptions<Request, Limiter>): FastifyHook<NoInfer<Request>> {
	const gate = createGate(limiter, options);
	return async (request, reply) => {
		const admission = await gate.enter(request);
		for (const [name, value] of admission.fields()) reply.header(name, value);
		if (admission.allowed) {
			reply.raw.once("finish", () => admission.settle(reply.raw.statusCode));
			return undefined;
		}
		reply.code(admission.problem.status);
		reply.header("Content-Type", PROBLEM_TYPE);
		return reply.send(JSON.stringify(admission.problem));
	};
}
