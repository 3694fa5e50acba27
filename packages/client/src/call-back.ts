/**
 * Calls the application back. What it throws, or rejects with, must not reach the parser of a client library, where it would
 * cost a connection or the messages behind it, nor end the process; as a warning (`RK_LISTENER_ERROR`) it is seen.
 */
export function callBack(callback: () => unknown): void {
	try {
		const result = callback();
		if (result instanceof Promise) result.catch(warn);
	} catch (error) {
		warn(error);
	}
}

function warn(error: unknown): void {
	const warning = new Error(`A listener threw: ${error instanceof Error ? error.message : String(error)}`, {
		cause: error,
	});
	process.emitWarning(Object.assign(warning, { name: "RkWarning", code: "RK_LISTENER_ERROR" }));
}
