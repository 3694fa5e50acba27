import { CommandError, get, incr, makeKey } from "@rk/client";
import { behindProxy } from "../behind-proxy.ts";
import { check, type Step } from "../step.ts";

export const lostReply: Step = {
	title: "never sends a command twice, and says what became of it",
	async run({ server, redis, connect, prefix }) {
		await using proxy = await behindProxy(server);
		await using unlucky = await connect({ url: proxy.url });
		const counter = makeKey(...prefix, "counter");

		const swallowed = proxy.swallowReply("INCR"); // the server runs it; the reply is lost with the connection
		const error: unknown = await unlucky.command(incr(counter)).catch((error: unknown) => error);
		check(await swallowed, "the server ran it");
		check(
			error instanceof CommandError && error.outcome === "unknown",
			"the error says that it may have run",
		);

		// The next command waits for the new connection: by then, whatever would be sent again has been.
		const after = await unlucky.command(get(counter));
		check(after === "1" && proxy.count("INCR") === 1, "it ran once");

		await proxy.refuse(true);
		const down = new Promise((resolve) => {
			unlucky.on("down", resolve);
		});
		proxy.cut();
		await down;
		const late: unknown = await unlucky
			.command(incr(counter), { timeoutMs: 50 })
			.catch((error: unknown) => error);
		check(
			late instanceof CommandError && late.outcome === "not-sent",
			"without a connection, nothing is sent",
		);
		await proxy.refuse(false);
		await unlucky.command(get(counter));
		check((await redis.command(get(counter))) === "1", "nor is it sent later");

		return [
			`reply lost: ${error.code}, outcome "${error.outcome}"; the counter is ${after}`,
			`no connection: ${late.code}, outcome "${late.outcome}"; safe to try again`,
		];
	},
};
