import { makeKey, publish, type SubscriptionGap } from "@rk/client";
import { behindProxy } from "../behind-proxy.ts";
import { check, type Step } from "../step.ts";

const COUNT = 5;

/** What arrived so far, and a way to wait for more. */
class Inbox {
	readonly messages: string[] = [];
	readonly #waiting = new Set<() => void>();

	readonly put = (payload: Buffer): void => {
		this.messages.push(payload.toString());
		for (const look of this.#waiting) look();
	};

	has(count: number): Promise<void> {
		return new Promise((resolve) => {
			const look = (): void => {
				if (this.messages.length < count) return;
				this.#waiting.delete(look);
				resolve();
			};
			this.#waiting.add(look);
			look();
		});
	}
}

export const gap: Step = {
	title: "subscribes, and tells when messages may have been missed",
	async run({ server, redis, connect, prefix }) {
		await using proxy = await behindProxy(server);
		await using listener = await connect({ url: proxy.url });
		const channel = makeKey(...prefix, "news");
		let sent = 0;
		const publishSome = async (): Promise<void> => {
			for (let i = 0; i < COUNT; i++) await redis.command(publish(channel, `news ${++sent}`));
		};

		const inbox = new Inbox();
		let resumed: (gap: SubscriptionGap) => void;
		const reported = new Promise<SubscriptionGap>((resolve) => {
			resumed = resolve;
		});
		await using _subscription = await listener.subscribe({
			names: [channel],
			onMessage: inbox.put,
			onGap: (gap) => resumed(gap),
		});

		await publishSome();
		await inbox.has(COUNT);

		await proxy.refuse(true);
		proxy.cut();
		await publishSome(); // to nobody
		await proxy.refuse(false);
		const { lostAt, resumedAt } = await reported;

		await publishSome();
		await inbox.has(2 * COUNT);
		const lost = sent - inbox.messages.length;
		check(lost === COUNT, "what was published during the gap is lost, all else arrives once");
		check(inbox.messages.at(-1) === `news ${sent}`, "the subscription goes on by itself");
		return [
			`cut off for ${resumedAt - lostAt} ms, and told so`,
			`${sent} published, ${inbox.messages.length} arrived, ${lost} lost in the gap`,
		];
	},
};
