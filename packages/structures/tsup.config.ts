import type { Options } from "tsup";
import { library } from "../../tsup.base.ts";

const config: Options = {
	...library,
	splitting: true, // in CommonJS too: two entries share one class, so that `instanceof` holds between them
	entry: {
		index: "src/index.ts",
		leaderboard: "src/leaderboard/index.ts",
		bloom: "src/bloom/index.ts",
		hyperloglog: "src/hyperloglog/index.ts",
		counters: "src/counters/index.ts",
		sessions: "src/sessions/index.ts",
		"express-session": "src/sessions/express.ts",
	},
};

export default config;
