import { InvalidArgumentError, isText } from "@rk/client";

/** What the layouts can keep, and Redis tells from all other tokens. */
export function isToken(value: unknown): value is string {
	return isText(value) && /^[^|]+$/.test(value);
}

/** The caller's own tokens. Each is looked at, which those that we make need not be. */
export function checkedTokens(genToken: () => string): () => string {
	return () => {
		const token = genToken();
		if (!isToken(token))
			throw new InvalidArgumentError("genToken()", token, "text that is not empty, without |");
		return token;
	};
}
