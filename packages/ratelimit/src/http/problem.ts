import type { Denied } from "../decision.ts";

/** The media type of a {@link Problem}, written as JSON. */
export const PROBLEM_TYPE = "application/problem+json";

/**
 * Why a request was not served, for programs.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9457
 * @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/ for the types
 */
export interface Problem {
	readonly type: string;
	readonly title: string;
	readonly status: 429 | 503;
	/** The names of the policies that denied it; not there if none did, and the service itself cannot serve. */
	readonly "violated-policies"?: readonly string[];
}

const REGISTRY = "https://iana.org/assignments/http-problem-types";

/** The problem to answer with, when all of these denied the request. */
export function problemOf(denied: readonly Denied[]): Problem {
	if (denied.some(({ reason }) => reason === "unavailable")) {
		return {
			type: `${REGISTRY}#temporary-reduced-capacity`,
			title: "Request cannot be satisfied due to temporary server capacity constraints",
			status: 503,
		};
	}
	const violated = denied.flatMap((decision) => decision.violated);
	if (denied.some(({ reason }) => reason === "blocked")) {
		return {
			type: `${REGISTRY}#abnormal-usage-detected`,
			title: "Request not satisfied due to detection of abnormal request pattern",
			status: 429,
			"violated-policies": violated,
		};
	}
	return {
		type: `${REGISTRY}#quota-exceeded`,
		title: "Request cannot be satisfied as assigned quota has been exceeded",
		status: 429,
		"violated-policies": violated,
	};
}
