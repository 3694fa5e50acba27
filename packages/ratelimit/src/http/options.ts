import { checkInteger, checkKnown, checkMs, InvalidArgumentError } from "@rk/client";
import type { Algorithm } from "../algorithm.ts";
import type { RateLimiter } from "../limiter.ts";
import { CHARGES, type Charge } from "./charge.ts";
import { type Field, type FieldStyle, legacyFields, WRITERS } from "./fields.ts";
import type { KeyOf, Limits } from "./limits.ts";
import type { Notice } from "./notice.ts";

/** How requests are limited: the same options for every framework. `Request` is the framework's request. */
export interface GateOptions<Request, Limiter extends Limits = RateLimiter> {
	/**
	 * Whose request it is: the subject that is charged, as `ipKey(request.ip)` or the id of the user. `null` is nobody's:
	 * the request is let through and not counted. For a combined limiter, a call for each of its limiters:
	 * `[{ subject: tenant }, { subject: [tenant, user], cost: 5 }]`.
	 */
	readonly key: (request: Request) => KeyOf<Limiter> | null;
	/** Units that a request costs, or a function that tells; for a combined limiter, of each call that has no own. @default 1 */
	readonly cost?: number | ((request: Request) => number);
	/** The limit for a request instead of the limiter's own, as of a customer's plan. @default the limiter's */
	readonly limit?: (request: Request) => Algorithm;
	/**
	 * Which requests keep their charge, by the status of the response. Every request is charged before it is handled, so that
	 * many at once cannot slip through; the others get exactly that back once their response is sent. A client that hangs up
	 * before earns no refund. (With the Fetch API and Hono, a response counts as sent when the handler has given it.)
	 * @default "always"
	 */
	readonly charge?: Charge;
	/** Which header fields tell the client where it stands. @default "draft-10" */
	readonly headers?: FieldStyle;
	/** Also sends `X-RateLimit-Limit`, `X-RateLimit-Remaining` and `X-RateLimit-Reset` (Unix time, seconds). @default false */
	readonly legacyHeaders?: boolean;
	/** What the units are, where they are not requests: the parameter `qu` of `RateLimit-Policy`, as `content-bytes`. */
	readonly quotaUnit?: string;
	/**
	 * Whose quota it is, as the client may know it: the parameter `pk` of the fields. Nothing secret.
	 * @default not told
	 */
	readonly partitionKey?: (request: Request) => string;
	/**
	 * Up to that many milliseconds, at random, are added to the `Retry-After` of a denial, so that the clients which one
	 * window has turned away do not all come back at once.
	 * @default 0
	 */
	readonly retryJitterMs?: number;
	/** From 0 up to 1, for the jitter. @default Math.random */
	readonly random?: () => number;
}

type Defaulted = "cost" | "charge" | "headers" | "legacyHeaders" | "retryJitterMs" | "random";

export const GATE_DEFAULTS: Readonly<Required<Pick<GateOptions<unknown>, Defaulted>>> = Object.freeze({
	cost: 1,
	charge: "always",
	headers: "draft-10",
	legacyHeaders: false,
	retryJitterMs: 0,
	random: Math.random,
});

const NAMES = ["key", "limit", "quotaUnit", "partitionKey", ...Object.keys(GATE_DEFAULTS)];

/** The options of a gate, checked, with what each leads to. */
export interface ResolvedGate<Request> {
	readonly key: (request: Request) => KeyOf<Limits> | null;
	readonly cost: (request: Request) => number;
	readonly limit: ((request: Request) => Algorithm) | undefined;
	readonly keepsCharge: (status: number) => boolean;
	readonly write: (notices: readonly Notice[]) => readonly Field[];
	readonly unit: string | undefined;
	readonly partition: (request: Request) => Uint8Array | undefined;
	readonly jitterMs: () => number;
}

/** @throws {InvalidArgumentError} an option is not acceptable */
export function resolveGate<Request>(options: GateOptions<Request, Limits>): ResolvedGate<Request> {
	checkKnown("options", options, NAMES);
	const { key, limit, quotaUnit, partitionKey } = options;
	const { cost, charge, headers, legacyHeaders, retryJitterMs, random } = { ...GATE_DEFAULTS, ...options };
	checkFunctions({ key, random, ...(limit && { limit }), ...(partitionKey && { partitionKey }) });
	if (typeof cost !== "function") checkInteger("cost", cost, 1);
	checkMs("retryJitterMs", retryJitterMs, 0);
	if (typeof legacyHeaders !== "boolean") {
		throw new InvalidArgumentError("legacyHeaders", legacyHeaders, "true or false");
	}
	if (quotaUnit !== undefined) checkText("quotaUnit", quotaUnit);
	const standard = named("headers", WRITERS, headers);
	return {
		key,
		limit,
		cost: typeof cost === "function" ? cost : () => cost,
		keepsCharge: typeof charge === "function" ? charge : named("charge", CHARGES, charge),
		write: (notices) => [...standard(notices), ...(legacyHeaders ? legacyFields(notices, Date.now()) : [])],
		unit: quotaUnit,
		partition: (request) => (partitionKey ? Buffer.from(partitionKey(request)) : undefined),
		jitterMs: () => random() * retryJitterMs,
	};
}

function named<Name extends string, Value>(
	argument: string,
	values: Readonly<Record<Name, Value>>,
	name: Name,
): Value {
	if (Object.hasOwn(values, name)) return values[name];
	throw new InvalidArgumentError(argument, name, `one of ${Object.keys(values).join(", ")}`);
}

function checkFunctions(functions: Readonly<Record<string, unknown>>): void {
	for (const [name, value] of Object.entries(functions)) {
		if (typeof value !== "function") throw new InvalidArgumentError(name, value, "a function");
	}
}

/** What the string of a structured field can hold (RFC 9651): a line break here would be a header of its own. */
function checkText(argument: string, value: unknown): void {
	if (typeof value === "string" && /^[\x20-\x7e]+$/.test(value)) return;
	throw new InvalidArgumentError(
		argument,
		value,
		"text of printable ASCII characters, as a header field carries it",
	);
}
