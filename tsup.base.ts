import type { Options } from "tsup";

/** The one build recipe: ESM and CommonJS, declarations for both, Lua inlined as text. */
export const library: Options = {
	entry: ["src/index.ts"],
	format: ["esm", "cjs"],
	target: "node20",
	platform: "node",
	removeNodeProtocol: false, // tsup's default rewrites node:crypto to crypto
	tsconfig: "../../tsconfig.build.json",
	dts: { compilerOptions: { ignoreDeprecations: "6.0" } }, // tsup 8 sets baseUrl, which TypeScript 6 refuses
	loader: { ".lua": "text" },
	sourcemap: true,
	clean: true,
};
