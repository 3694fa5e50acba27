import { ConnectError, ping } from "@rk/client";
import { check, type Step } from "../step.ts";

export const connect: Step = {
	title: "connects, or says why not",
	async run({ server, connect }) {
		await using redis = await connect({ url: server.url, connectTimeoutMs: 2_000 });
		check((await redis.command(ping())) === "PONG", "the server answers");
		const { ok, nodes } = await redis.health();
		check(ok, "all nodes are well");

		const refusal: unknown = await connect({ host: "127.0.0.1", port: 1, connectTimeoutMs: 300 }).catch(
			(error: unknown) => error,
		);
		check(
			refusal instanceof ConnectError && refusal.reason === "refused",
			"a wrong port is an error that says so",
		);

		return [
			...nodes.map(({ node, rttMs = 0 }) => `health: ${node} answers in ${rttMs.toFixed(1)} ms`),
			`wrong port: ${refusal.code}, "${refusal.reason}"`,
		];
	},
};
