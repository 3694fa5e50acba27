import { InvalidArgumentError } from "@rk/client";

/** @throws {InvalidArgumentError} what `genToken` made cannot be told apart in a lock's value */
export function newToken(genToken: () => string): string {
	const token = genToken();
	if (typeof token !== "string" || !/^[^|]+$/.test(token))
		throw new InvalidArgumentError("genToken()", token, "text that is not empty, without |");
	return token;
}
