import type { Step } from "../step.ts";
import { batch } from "./batch.ts";
import { connect } from "./connect.ts";
import { gap } from "./gap.ts";
import { limit } from "./limit.ts";
import { lock } from "./lock.ts";
import { lostReply } from "./lost-reply.ts";
import { manyKeys } from "./many-keys.ts";
import { script } from "./script.ts";
import { transfer } from "./transfer.ts";

export const steps: readonly Step[] = [
	connect,
	batch,
	manyKeys,
	transfer,
	script,
	lock,
	limit,
	gap,
	lostReply,
];
