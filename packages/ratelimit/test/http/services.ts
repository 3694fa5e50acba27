import { createServer, Server } from "node:http";
import { serve } from "@hono/node-server";
import { RkError } from "@rk/client";
import express from "express";
import express4 from "express-4";
import Fastify, { type FastifyRequest } from "fastify";
import { type Context, Hono } from "hono";
import { onTestFinished } from "vitest";
import { expressRateLimit } from "../../src/http/express.ts";
import { fastifyRateLimit } from "../../src/http/fastify.ts";
import { honoRateLimit } from "../../src/http/hono.ts";
import { fetchGuard, type GateOptions, type Limits } from "../../src/http/index.ts";
import type { CombinedCall } from "../../src/index.ts";

/** The options that need no request, or only its header `x-cost`, `x-plan` and so on. */
interface ServiceOptions extends Omit<GateOptions<never>, "key" | "cost" | "limit" | "partitionKey"> {
	readonly key?: (header: Header) => string | null;
	/** For a combined limiter: what the user of the header `x-user` is charged. */
	readonly calls?: (user: string) => readonly CombinedCall[];
	readonly cost?: number | ((header: Header) => number);
	readonly limit?: (header: Header) => NonNullable<ReturnType<NonNullable<GateOptions<never>["limit"]>>>;
	readonly partitionKey?: (header: Header) => string;
}

type Header = (name: string) => string | undefined;

/** One of the frameworks, with a limit before all that it serves. */
export interface Framework {
	readonly name: string;
	/**
	 * Starts a service that limits every request by each pair of limiter and options, in order, and by the first pair once more
	 * under `/twice`. Under `/status/404` it answers with that status, under `/throws` its handler throws. An error is
	 * answered with 500 and its code.
	 */
	readonly start: (gates: ReadonlyArray<readonly [Limits, ServiceOptions]>) => Promise<string>;
}

/** Binds what a service's options ask of a header to a framework's request. */
function over<Request>(
	{ key, calls, cost, limit, partitionKey, ...rest }: ServiceOptions,
	headerOf: (request: Request, name: string) => string | undefined,
): GateOptions<Request, Limits> {
	const userOf = (request: Request): string => headerOf(request, "x-user") ?? "nobody";
	const of = (request: Request) => (name: string) => headerOf(request, name);
	return {
		...rest,
		key: (request) => {
			if (calls) return calls(userOf(request));
			return key ? key(of(request)) : userOf(request);
		},
		...(cost !== undefined && { cost: typeof cost === "number" ? cost : (request) => cost(of(request)) }),
		...(limit && { limit: (request) => limit(of(request)) }),
		...(partitionKey && { partitionKey: (request) => partitionKey(of(request)) }),
	};
}

/** The code that a service answers an error with. */
function codeOf(error: unknown): { code: string } {
	return { code: error instanceof RkError ? error.code : String(error) };
}

/** The URL of a server that listens, until the test is over. */
async function urlOf(server: Server): Promise<string> {
	if (!server.listening) await new Promise<void>((resolve) => server.once("listening", resolve));
	onTestFinished(() => {
		server.closeAllConnections();
		server.close();
	});
	const address = server.address();
	if (address === null || typeof address === "string") throw new Error("The server has no port");
	return `http://127.0.0.1:${address.port}`;
}

function expressWith(name: string, create: typeof express): Framework {
	return {
		name,
		async start(gates) {
			const app = create();
			const limits = gates.map(([limiter, options]) =>
				expressRateLimit<express.Request, Limits>(
					limiter,
					over(options, (request, header) => request.get(header)),
				),
			);
			for (const limit of limits) app.use(limit);
			app.use("/twice", ...limits.slice(0, 1), (_request, response) => {
				response.send("handled");
			});
			app.get("/status/:status", (request, response) => {
				response.status(Number(request.params["status"])).send("handled");
			});
			app.get("/throws", () => {
				throw new Error("thrown");
			});
			app.use((error: unknown, _request: express.Request, response: express.Response, _next: unknown) => {
				response.status(500).json(codeOf(error));
			});
			return urlOf(createServer(app).listen(0, "127.0.0.1"));
		},
	};
}

const fastify: Framework = {
	name: "Fastify 5",
	async start(gates) {
		const app = Fastify();
		const limits = gates.map(([limiter, options]) =>
			fastifyRateLimit<FastifyRequest, Limits>(
				limiter,
				over(options, (request, header) => {
					const value = request.headers[header];
					return typeof value === "string" ? value : undefined;
				}),
			),
		);
		for (const limit of limits) app.addHook("onRequest", limit);
		app.get("/twice", { onRequest: limits.slice(0, 1) }, async () => "handled");
		app.get<{ Params: { status: string } }>("/status/:status", async (request, reply) => {
			reply.code(Number(request.params.status));
			return "handled";
		});
		app.get("/throws", async () => {
			throw new Error("thrown");
		});
		app.setErrorHandler((error, _request, reply) => reply.code(500).send(codeOf(error)));
		await app.listen({ port: 0, host: "127.0.0.1" });
		return urlOf(app.server);
	},
};

const hono: Framework = {
	name: "Hono 4",
	async start(gates) {
		const app = new Hono();
		const limits = gates.map(([limiter, options]) =>
			honoRateLimit<Context, Limits>(
				limiter,
				over(options, (context, header) => context.req.header(header)),
			),
		);
		for (const limit of limits) app.use(limit);
		for (const limit of limits.slice(0, 1)) app.get("/twice", limit, (context) => context.text("handled"));
		// A Response of its own, which takes no header that was set before.
		app.get("/status/:status", (context) => respond(Number(context.req.param("status"))));
		app.get("/throws", () => {
			throw new Error("thrown");
		});
		app.onError((error, context) => context.json(codeOf(error), 500));
		return urlOfFetch(app.fetch);
	},
};

const fetchApi: Framework = {
	name: "Fetch API",
	start(gates) {
		const guards = gates.map(([limiter, options]) =>
			fetchGuard(
				limiter,
				over(options, (request, header) => request.headers.get(header) ?? undefined),
			),
		);
		const handle = (request: Request): Response => {
			const { pathname } = new URL(request.url);
			if (pathname === "/throws") throw new Error("thrown");
			return respond(Number(/^\/status\/(\d+)$/.exec(pathname)?.[1] ?? 200));
		};
		const through = (request: Request, left: typeof guards): Promise<Response> => {
			const [guard, ...rest] = left;
			return guard ? guard(request, () => through(request, rest)) : Promise.resolve(handle(request));
		};
		return urlOfFetch(async (request) => {
			const twice = request.url.endsWith("/twice") ? guards.slice(0, 1) : [];
			try {
				return await through(request, [...guards, ...twice]);
			} catch (error) {
				return Response.json(codeOf(error), { status: 500 });
			}
		});
	},
};

function respond(status: number): Response {
	return new Response(status === 204 || status === 304 ? null : "handled", { status });
}

function urlOfFetch(fetch: (request: Request) => Response | Promise<Response>): Promise<string> {
	// It types HTTP/1, HTTP/2 and HTTPS servers as one; without options it makes the first.
	const server = serve({ fetch, port: 0, hostname: "127.0.0.1" });
	if (!(server instanceof Server)) throw new Error("Not a server of node:http");
	return urlOf(server);
}

export const frameworks: readonly Framework[] = [
	expressWith("Express 4", express4),
	expressWith("Express 5", express),
	fastify,
	hono,
	fetchApi,
];
