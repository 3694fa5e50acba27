import type { Options } from "tsup";
import { library } from "../../tsup.base.ts";

const config: Options = {
	...library,
	entry: {
		index: "src/index.ts",
		msgpackr: "src/msgpackr.ts",
	},
};

export default config;
