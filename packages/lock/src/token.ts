import { InvalidArgumentError } from "@rk/client";

/** The caller's own tokens. Each is looked at, which those that we make need not be. */
export function checkedTokens(genToken: () => string): () => string {
	return () => {
		const token = genToken();
		if (typeof token !== "string" || !/^[^|]+$/.test(token))
			throw new InvalidArgumentError("genToken()", token, "text that is not empty, without |");
		return token;
	};
}
