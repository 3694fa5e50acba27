import { InvalidArgumentError, isText } from "@rk/client";

/** @throws {InvalidArgumentError} no text, empty, or text that UTF-8 cannot tell from another */
export function checkText(argument: string, value: unknown): void {
	if (!isText(value) || value === "")
		throw new InvalidArgumentError(argument, value, "well-formed text, not empty");
}
