import type { RateLimiter } from "../limiter.ts";
import { createGate, type Refused } from "./gate.ts";
import type { Limits } from "./limits.ts";
import type { GateOptions } from "./options.ts";
import { PROBLEM_TYPE } from "./problem.ts";

/** Handles a request by `handler` if the limit allows it, and answers with a problem if not. */
export type FetchGuard = (
	request: Request,
	handler: (request: Request) => Response | Promise<Response>,
) => Promise<Response>;

/**
 * A limit for handlers of the Fetch API, from a `Request` to a `Response`.
 *
 * The handler's response comes back with the header fields; a denial is `429` (`503`, if Redis is unavailable and
 * `onUnavailable` is `deny`) with `application/problem+json`. A handler that throws counts as status 500.
 *
 * @throws {InvalidArgumentError} an option is not acceptable
 */
export function fetchGuard<Limiter extends Limits = RateLimiter>(
	limiter: Limiter,
	options: GateOptions<Request, Limiter>,
): FetchGuard {
	const gate = createGate(limiter, options);
	return async (request, handler) => {
		const admission = await gate.enter(request);
		if (!admission.allowed) return problemResponse(admission);
		let status = 500;
		try {
			const response = await handler(request);
			status = response.status;
			// The headers of a response that was fetched from elsewhere cannot be changed; those of a copy can.
			const own = new Response(response.body, response);
			for (const [name, value] of admission.fields()) own.headers.set(name, value);
			return own;
		} finally {
			admission.settle(status);
		}
	};
}

/** The answer to a request that was not admitted. */
export function problemResponse({ problem, fields }: Refused): Response {
	return new Response(JSON.stringify(problem), {
		status: problem.status,
		headers: [
			["Content-Type", PROBLEM_TYPE],
			...fields().map(([name, value]): [string, string] => [name, value]),
		],
	});
}
