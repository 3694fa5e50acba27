import type { Link } from "@rk/client";
import { expect, onTestFinished } from "vitest";
import { fault } from "../src/faults.ts";
import { IoredisLink } from "../src/link.ts";
import type { NativeRedis } from "../src/native.ts";

/** Resolves when the connection takes commands. */
export async function ready(link: Link): Promise<void> {
	if (link.state === "ready") return;
	await new Promise<void>((resolve) => {
		const off = link.onState((state) => {
			if (state !== "ready") return;
			off();
			resolve();
		});
	});
}

/** The port's connection over a client, once it is ready. */
export async function readyLink(client: NativeRedis): Promise<IoredisLink> {
	const link = new IoredisLink(client, () => client.status === "end");
	onTestFinished(() => link.dispose());
	await ready(link);
	return link;
}

/** The code and outcome of what a call rejects with, or "done". */
export async function outcomeOf(reply: Promise<unknown>): Promise<string> {
	try {
		await reply;
		return "done";
	} catch (error) {
		const known = fault(error);
		return `${known.code} ${known.outcome}`;
	}
}

/** A promise, and what resolves it. */
export function next(): { promise: Promise<void>; call(): void } {
	let call = (): void => {};
	const promise = new Promise<void>((resolve) => {
		call = resolve;
	});
	return { promise, call };
}

/** Resolves when it holds. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
	await expect.poll(holds, { interval: 5, timeout: 5_000 }).toBe(true);
}
