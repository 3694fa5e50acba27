import { pause } from "./backoff.ts";
import type { OwnLink } from "./driver.ts";

const EVERY_MS = 10_000;
const TIMEOUT_MS = 5_000;

/**
 * Asks an idle connection for a sign of life, and destroys it when there is none: one that only listens does not notice by
 * itself that the other side is gone. Returns what stops it.
 */
export function keepAlive(link: Pick<OwnLink, "state" | "send" | "destroy">): () => void {
	let waiting = false;
	const timer = setInterval(() => {
		if (waiting || link.state !== "ready") return;
		waiting = true;
		const answered = link.send(["PING"], "utf8").then(
			() => {
				waiting = false;
			},
			() => {}, // it is lost already
		);
		void Promise.race([answered, pause(TIMEOUT_MS)]).then(() => {
			if (waiting) link.destroy();
		});
	}, EVERY_MS);
	timer.unref();
	return () => clearInterval(timer);
}
