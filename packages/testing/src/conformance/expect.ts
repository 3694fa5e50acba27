import assert from "node:assert/strict";
import { type Outcome, RkError } from "@rk/client";

interface Expected {
	readonly code: string;
	readonly outcome?: Outcome;
}

/** The error that the promise rejects with: it must be one of rk's, with this code and outcome. */
export async function failure(promise: Promise<unknown>, expected: Expected): Promise<Error> {
	return failed(await promise.then((value) => ({ value }), asIs), expected);
}

/** The same for an error in the place of a result. */
export function failed(result: unknown, expected: Expected): Error {
	if (!(result instanceof RkError)) {
		if (result instanceof Error)
			throw new assert.AssertionError({ message: `not an error of rk: ${result.stack}` });
		assert.fail(`${expected.code} was expected, but it gave ${JSON.stringify(result)}`);
	}
	const outcome: unknown = Reflect.get(result, "outcome");
	const seen = { code: result.code, ...(expected.outcome === undefined ? {} : { outcome }) };
	assert.deepEqual(seen, { ...expected }, `${result.name}: ${result.message}`);
	return result;
}

function asIs(error: unknown): unknown {
	return error;
}

export function outcomeOf(error: unknown): unknown {
	return error instanceof RkError ? Reflect.get(error, "outcome") : undefined;
}

/** Lets replies and events that are on their way arrive: for "nothing more happens", which no event can tell. */
export function quiet(ms = 50): Promise<void> {
	return new Promise((resolve) => {
		setTimeout(resolve, ms);
	});
}
