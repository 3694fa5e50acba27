import { readdirSync } from "node:fs";
import { defineConfig, type TestProjectConfiguration, type ViteUserConfig } from "vitest/config";

/** `@rk/*` imports resolve to source, so the tests need no build. */
const fromSource = { resolve: { conditions: ["@rk/source"] } };

/** Makes an imported `.lua` file its text, as the build does. */
const luaAsText = {
	name: "lua-as-text",
	transform: (code: string, id: string) =>
		id.endsWith(".lua") ? { code: `export default ${JSON.stringify(code)}`, map: null } : undefined,
};

/** Every folder under `packages` is a project; the timeouts leave room for servers that fail over. */
const project = (folder: string): TestProjectConfiguration => ({
	root: `packages/${folder}`,
	plugins: [luaAsText],
	ssr: fromSource,
	test: {
		name: `@rk/${folder}`,
		include: ["test/**/*.test.ts"],
		testTimeout: 60_000,
		hookTimeout: 120_000,
	},
});

const packages = readdirSync(new URL("./packages", import.meta.url));
const COVERED = { lines: 90, branches: 90 };
/**
 * What not every machine can run: servers in containers (containers.test.ts, where a container runtime answers), and the
 * fetching of the distribution's package (find-server.test.ts, with RK_TEST_FETCH=1; its parts in unpacked-server.test.ts).
 */
const ELSEWHERE = ["containers", "distribution", "private-apt"].map(
	(name) => `packages/testing/src/${name}.ts`,
);

const config: ViteUserConfig = defineConfig({
	// The global setup runs in an environment of its own, which `ssr` does not reach.
	plugins: [luaAsText, { name: "setup-from-source", configEnvironment: () => fromSource }],
	test: {
		projects: packages.map(project),
		globalSetup: "test/redis.setup.ts",
		// Most tests wait for servers, not for a processor. A server that was given is shared, and some files empty it.
		maxWorkers: process.env["REDIS_URL"] === undefined ? 2 : 1,
		reporters: ["default", "./test/summary.reporter.ts"],
		coverage: {
			provider: "v8",
			include: ["packages/*/src/**/*.ts"],
			exclude: ["**/index.ts", "**/*.d.ts", ...ELSEWHERE],
			reportOnFailure: true,
			thresholds: Object.fromEntries(packages.map((folder) => [`packages/${folder}/src/**`, COVERED])),
		},
	},
});

export default config;
