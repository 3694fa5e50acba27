/** What `await` would wait for. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
	if (typeof value !== "object" || value === null) return false;
	return "then" in value && typeof value.then === "function";
}
