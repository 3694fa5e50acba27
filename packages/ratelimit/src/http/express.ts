import type { IncomingMessage, ServerResponse } from "node:http";
import type { RateLimiter } from "../limiter.ts";
import { createGate } from "./gate.ts";
import type { Limits } from "./limits.ts";
import type { GateOptions } from "./options.ts";
import { PROBLEM_TYPE } from "./problem.ts";

/** What a key is usually made of. For more, annotate it: `key: (request: express.Request) => …`. */
export interface ExpressRequestLike extends IncomingMessage {
	readonly ip?: string | undefined;
}

/** A middleware of Express 4 and 5, and of all that call `(request, response, next)` with Node's own objects. */
export type ExpressMiddleware<Request extends IncomingMessage> = (
	request: Request,
	response: ServerResponse,
	next: (error?: unknown) => void,
) => void;

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
export function expressRateLimit<
	Request extends IncomingMessage = ExpressRequestLike,
	Limiter extends Limits = RateLimiter,
>(limiter: Limiter, options: GateOptions<Request, Limiter>): ExpressMiddleware<NoInfer<Request>> {
	const gate = createGate(limiter, options);
	/** Sets the header fields, and answers if the request is denied. May it go on? */
	async function enter(request: Request, response: ServerResponse): Promise<boolean> {
		const admission = await gate.enter(request);
		// Somebody else has answered meanwhile, as after a timeout: there is nothing left to decide.
		if (response.headersSent) return false;
		for (const [name, value] of admission.fields()) response.setHeader(name, value);
		if (admission.allowed) {
			response.once("finish", () => admission.settle(response.statusCode));
			return true;
		}
		response.statusCode = admission.problem.status;
		response.setHeader("Content-Type", PROBLEM_TYPE);
		response.end(JSON.stringify(admission.problem));
		return false;
	}

	return (request, response, next) => {
		enter(request, response).then((goOn) => {
			if (goOn) next();
		}, next);
	};
}
