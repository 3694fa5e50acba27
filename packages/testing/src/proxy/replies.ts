import { decodeReply } from "../resp.ts";
import type { SwallowOrder } from "./order.ts";

/** A command that passed a proxy, and the order about its reply. */
export interface Passage {
	readonly args: readonly string[];
	readonly order: SwallowOrder | undefined;
	/** Faults are not for it. */
	readonly exempt: boolean;
}

interface Expected {
	readonly passage: Passage;
	/** Lower case. */
	readonly name: string;
	/** How many confirmations a (un)subscription still gets; 0 for as many as there are subscriptions. */
	confirmations: number;
}

const MESSAGES: readonly string[] = ["message", "pmessage", "smessage"];
const PUSH = 0x3e;
const ARRAY = 0x2a;

const isSubscription = (name: string): boolean => /^[ps]?(un)?subscribe$/.test(name);

/**
 * Knows which command a reply answers. Replies come in the order of the commands; messages and other pushes answer
 * none; a subscription is confirmed once per channel. Commands under CLIENT REPLY OFF or SKIP are not understood.
 */
export class ReplyOrder {
	readonly #expected: Expected[] = [];
	readonly #subscriptions: Map<string, Set<unknown>> = new Map();
	#subscribes = false;

	sent(passage: Passage): void {
		const name = (passage.args[0] ?? "").toLowerCase();
		if (isSubscription(name)) this.#subscribes = true;
		this.#expected.push({ passage, name, confirmations: passage.args.length - 1 });
	}

	/** The command that the complete reply `frame` answers. */
	received(frame: Buffer): Passage | undefined {
		const push = frame[0] === PUSH;
		if (push || (this.#subscribes && frame[0] === ARRAY)) {
			const { value } = decodeReply(frame, 0);
			const [kind, channel] = Array.isArray(value) ? value : [];
			if (typeof kind === "string" && isSubscription(kind)) return this.#confirmed(kind, channel);
			if (push || MESSAGES.includes(`${kind}`)) return undefined;
		}
		return this.#expected.shift()?.passage;
	}

	#confirmed(kind: string, channel: unknown): Passage | undefined {
		const head = this.#expected[0];
		const family = kind.replace("un", "");
		const channels = this.#subscriptions.get(family) ?? new Set();
		this.#subscriptions.set(family, channels);
		if (head?.name === kind && head.confirmations === 0) head.confirmations = Math.max(1, channels.size);
		if (kind === family) channels.add(channel);
		else channels.delete(channel);
		if (head?.name !== kind) return undefined; // the server ended the subscription by itself
		head.confirmations -= 1;
		if (head.confirmations === 0) this.#expected.shift();
		return head.passage;
	}
}
