import { makeKey, type RedisPort, unlink } from "@rk/client";
import type { Scene, Step } from "./step.ts";

const TITLE_WIDTH = 62;
const STEP_MS = 60_000;

/** Runs the steps one after the other and tells how each went; returns how many failed. */
export async function runSteps(steps: readonly Step[], scene: Scene): Promise<number> {
	let failed = 0;
	for (const step of steps) {
		const began = performance.now();
		try {
			const lines = await inTime(step.run(scene));
			tell("✓", step.title, performance.now() - began, lines);
		} catch (error) {
			failed += 1;
			tell("✗", step.title, performance.now() - began, []);
			console.error(error);
		}
	}
	return failed;
}

/** Deletes all keys under the prefix, those that begin with a hash tag included. */
export async function removeKeys(redis: RedisPort, prefix: readonly string[]): Promise<void> {
	for await (const keys of redis.scan({ match: `*${makeKey(...prefix)}:*` })) {
		if (keys.length > 0) await redis.command(unlink(keys));
	}
}

function tell(mark: string, title: string, ms: number, lines: readonly string[]): void {
	console.log(`  ${mark} ${title.padEnd(TITLE_WIDTH)} ${ms.toFixed(0).padStart(5)} ms`);
	for (const line of lines) console.log(`      ${line}`);
}

/** A step that hangs has failed. */
async function inTime<T>(work: Promise<T>): Promise<T> {
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<never>((_, reject) => {
		timer = setTimeout(() => reject(new Error(`Not done within ${STEP_MS} ms`)), STEP_MS);
	});
	try {
		return await Promise.race([work, late]);
	} finally {
		clearTimeout(timer);
	}
}
