import type { Options } from "tsup";
import { library } from "../../tsup.base.ts";

/**
 * Two entries that must share their error classes, or `instanceof` fails between an adapter and its user.
 * `splitting` puts shared code in a chunk; `treeshake` has Rollup, which keeps the syntax as it is,
 * write the CommonJS chunks (tsup alone would turn every `?.` of them into closures).
 */
const client: Options = {
	...library,
	entry: { index: "src/index.ts", adapter: "src/adapter/index.ts" },
	splitting: true,
	treeshake: true,
};

export default client;
