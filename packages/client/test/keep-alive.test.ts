import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { WireReply } from "../src/command.ts";
import type { LinkState } from "../src/driver.ts";
import { keepAlive } from "../src/keep-alive.ts";

/** How often it asks, and how long it waits for the answer. */
const [EVERY_MS, PATIENCE_MS] = [10_000, 5_000];

function fakeLink(answer: () => Promise<WireReply>) {
	const link = {
		state: "ready" satisfies LinkState as LinkState,
		asked: 0,
		destroyed: false,
		send: (): Promise<WireReply> => {
			link.asked += 1;
			return answer();
		},
		destroy: (): void => {
			link.destroyed = true;
		},
	};
	return link;
}

const silence = (): Promise<never> => new Promise(() => {});

beforeEach(() => {
	vi.useFakeTimers();
});
afterEach(() => {
	vi.useRealTimers();
});

test("a connection that answers stays, and is asked again and again", async () => {
	const link = fakeLink(async () => "PONG");
	const stop = keepAlive(link);
	await vi.advanceTimersByTimeAsync(3 * EVERY_MS + PATIENCE_MS);
	expect(link).toMatchObject({ asked: 3, destroyed: false });
	stop();
	await vi.advanceTimersByTimeAsync(3 * EVERY_MS);
	expect(link.asked).toBe(3);
});

// Red without the destroy().
test("one that is silent is destroyed, after one question and five seconds", async () => {
	const link = fakeLink(silence);
	const stop = keepAlive(link);
	await vi.advanceTimersByTimeAsync(EVERY_MS + PATIENCE_MS - 1);
	expect(link).toMatchObject({ asked: 1, destroyed: false });
	await vi.advanceTimersByTimeAsync(1);
	expect(link).toMatchObject({ asked: 1, destroyed: true });
	stop();
});

test("one that is not connected is not asked, and one that is lost meanwhile is nobody's error", async () => {
	const link = fakeLink(() => Promise.reject(new Error("lost")));
	link.state = "down";
	const stop = keepAlive(link);
	await vi.advanceTimersByTimeAsync(2 * EVERY_MS);
	expect(link.asked).toBe(0);
	link.state = "ready";
	await vi.advanceTimersByTimeAsync(EVERY_MS);
	expect(link.asked).toBe(1);
	stop();
});
