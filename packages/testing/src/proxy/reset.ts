import type { Socket } from "node:net";

/**
 * Resets a connection, so that its other end sees an error. One that is just being ended is closed instead: Node.js 20 refuses its
 * reset, leaves it open, and then waits for it for ever when the process is to exit.
 */
export function reset(socket: Socket): void {
	if (socket.writableEnded && !socket.writableFinished) socket.destroy();
	else socket.resetAndDestroy();
}
