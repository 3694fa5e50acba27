import { AsyncLocalStorage } from "node:async_hooks";
import { ReentrantLoadError } from "./errors.ts";

/** A load that the present code runs in, and the one that that runs in. */
interface Frame {
	readonly cache: object;
	readonly keys: ReadonlySet<string>;
	readonly outer: Frame | undefined;
}

const frames = new AsyncLocalStorage<Frame | undefined>();
/** Loaders of all caches of the process. */
let running = 0;

/** Knows which loads the present code is part of, so that none waits for itself. */
export class Nesting {
	/** The present code is part of a loader. */
	get nested(): boolean {
		return frames.getStore() !== undefined;
	}

	/** Runs the loader of these keys; `detached`: nobody of those outside waits for it. */
	async run<T>(keys: readonly string[], detached: boolean, loader: () => T | PromiseLike<T>): Promise<T> {
		running += 1;
		try {
			const frame = { cache: this, keys: new Set(keys), outer: detached ? undefined : frames.getStore() };
			return await frames.run(frame, loader);
		} finally {
			running -= 1;
			// As long as it is in use, every promise of the process is dearer.
			if (running === 0) frames.disable();
		}
	}

	/** An error if the key is that of a loader which the present code is part of. */
	conflict(key: string): ReentrantLoadError | undefined {
		for (let frame = frames.getStore(); frame !== undefined; frame = frame.outer)
			if (frame.cache === this && frame.keys.has(key)) return new ReentrantLoadError(key);
		return undefined;
	}
}
