import fc from "fast-check";
import { expect, test } from "vitest";
import { Fifo } from "../src/fifo.ts";
import { Mailbox } from "../src/mailbox.ts";
import { Tally } from "../src/tally.ts";

test("whatever comes and whenever handlers end, each message is received, waiting or dropped, and those received are in order", async () => {
	const policies = fc.constantFrom("drop-oldest" as const, "drop-newest" as const);
	const steps = fc.array(fc.constantFrom("come", "come", "end"), { maxLength: 60 });
	const size = fc.integer({ min: 1, max: 5 });
	await fc.assert(
		fc.asyncProperty(policies, size, size, steps, async (overflow, maxQueue, concurrency, story) => {
			const tally = new Tally();
			const running: Array<() => void> = [];
			const taken: number[] = [];
			let [come, overflows, full, roomy] = [0, 0, 0, 0];
			const mailbox = new Mailbox({
				...{ concurrency, maxQueue, overflow, tally },
				take: (payload) => {
					tally.received += 1; // as the consumer does
					taken.push(payload.readUInt8(0));
					return new Promise((resolve) => running.push(resolve));
				},
				full: () => {
					full += 1;
				},
				overflowed: () => {
					overflows += 1;
				},
				roomy: () => {
					roomy += 1;
				},
				idle: () => {},
			});
			/** The model: what waits, by the words of the option. */
			const waiting: number[] = [];
			const expected: number[] = [];
			let busy = 0;
			for (const step of story) {
				if (step === "come") {
					mailbox.push(Buffer.of(come));
					if (busy < concurrency) {
						busy += 1;
						expected.push(come);
					} else if (waiting.length < maxQueue || overflow === "drop-oldest") waiting.push(come);
					if (waiting.length > maxQueue) waiting.shift();
					come += 1;
				} else if (running.length > 0) {
					running.shift()?.();
					await new Promise(setImmediate);
					const next = waiting.shift();
					if (next === undefined) busy -= 1;
					else expected.push(next);
				}
				expect(taken).toEqual(expected);
				expect(tally.running).toBe(busy);
				expect(tally.waiting).toBe(waiting.length);
				expect(tally.received + tally.waiting + tally.dropped).toBe(come);
			}
			expect(full - roomy).toBeLessThanOrEqual(1);
			expect(overflows).toBeLessThanOrEqual(full);
			mailbox.clear();
			expect(tally.received + tally.dropped).toBe(come);
		}),
	);
});

test("a queue gives back what it was given, in order", () => {
	fc.assert(
		fc.property(fc.array(fc.option(fc.integer(), { nil: undefined })), (story) => {
			const [queue, model] = [new Fifo<number>(), [] as number[]];
			for (const item of story) {
				if (item === undefined) expect(queue.shift()).toBe(model.shift());
				else {
					queue.push(item);
					model.push(item);
				}
				expect(queue.size).toBe(model.length);
			}
			expect(queue.clear()).toBe(model.length);
			expect(queue.shift()).toBeUndefined();
		}),
	);
});
