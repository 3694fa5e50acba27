/**
 * Calls the application back. What it throws must not reach the parser of a client library, where it would cost a connection
 * or the messages behind it; as a warning (`RK_LISTENER_ERROR`) it is seen, and the process lives.
 */
export function callBack(callback: () => void): void {
	try {
		callback();
	} catch (error) {
		const warning = new Error(`A listener threw: ${error instanceof Error ? error.message : String(error)}`, {
			cause: error,
		});
		process.emitWarning(Object.assign(warning, { name: "RkWarning", code: "RK_LISTENER_ERROR" }));
	}
}
