import { startServer } from "@rk/testing";
import type { TestProject } from "vitest/node";
import "./context.ts";

/** One server for the whole run, beside those that tests start for themselves. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
	const server = await startServer();
	project.provide("redisUrl", server.url);
	return () => server.stop();
}
