import type { Options } from "tsup";
import { library } from "../../tsup.base.ts";

const config: Options = {
	...library,
	entry: {
		index: "src/index.ts",
		http: "src/http/index.ts",
		express: "src/http/express.ts",
		fastify: "src/http/fastify.ts",
		hono: "src/http/hono.ts",
	},
};

export default config;
