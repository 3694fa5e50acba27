import type { Express, Request as ExpressRequest } from "express";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Context, Hono } from "hono";
import { expectTypeOf, test } from "vitest";
import { expressRateLimit } from "../../src/http/express.ts";
import { fastifyRateLimit } from "../../src/http/fastify.ts";
import { honoRateLimit } from "../../src/http/hono.ts";
import { ipKey } from "../../src/http/index.ts";
import { combine, type RateLimiter } from "../../src/index.ts";

/*
 * None of these functions is called: that they compile is the test.
 */

function inExpress(app: Express, limiter: RateLimiter): void {
	app.use(expressRateLimit(limiter, { key: (request) => ipKey(request.ip) }));
	app.use(expressRateLimit(limiter, { key: (request: ExpressRequest) => request.get("x-user") ?? null }));
	app.get("/", expressRateLimit(limiter, { key: (request) => ipKey(request.ip) }), (_request, response) => {
		response.end();
	});
}

function inFastify(app: FastifyInstance, limiter: RateLimiter): void {
	app.addHook("onRequest", fastifyRateLimit(limiter, { key: (request) => ipKey(request.ip) }));
	app.addHook(
		"preHandler",
		fastifyRateLimit(limiter, { key: (request: FastifyRequest) => request.hostname }),
	);
	const onRequest = fastifyRateLimit(limiter, { key: (request) => ipKey(request.ip) });
	app.get("/", { onRequest }, () => "");
	app.get("/inline", { onRequest: fastifyRateLimit(limiter, { key: ({ ip }) => ipKey(ip) }) }, () => "");
}

function inHono(app: Hono, limiter: RateLimiter): void {
	app.use(honoRateLimit(limiter, { key: (context) => context.req.header("x-user") ?? null }));
	app.use(honoRateLimit(limiter, { key: (context: Context) => context.req.query("user") ?? null }));
	app.get("/", honoRateLimit(limiter, { key: (context) => context.req.path }), (context) => context.text(""));
}

function withSeveral(app: Express, one: RateLimiter, other: RateLimiter): void {
	const both = combine(one, other);
	app.use(expressRateLimit(both, { key: ({ ip }) => [{ subject: "all" }, { subject: ["all", ipKey(ip)] }] }));
	app.use(
		expressRateLimit(both, {
			key: (request: ExpressRequest) => [{ subject: request.hostname }, { subject: request.path, cost: 2 }],
		}),
	);
	// @ts-expect-error a call for each limiter
	app.use(expressRateLimit(both, { key: () => [{ subject: "all" }] }));
	// @ts-expect-error calls, not a subject
	app.use(expressRateLimit(both, { key: ({ ip }) => ipKey(ip) }));
	// @ts-expect-error a subject, not calls
	app.use(expressRateLimit(one, { key: ({ ip }) => [{ subject: ipKey(ip) }] }));
}

test("each framework takes its middleware, with the key's argument annotated or not", () => {
	expectTypeOf([inExpress, inFastify, inHono, withSeveral]).toBeArray();
});
