import type { Value } from "../history.ts";
import type { Loader, Subject } from "./subject.ts";
import { valueFrom } from "./value.ts";

/**
 * For libraries that are told once how to load: gives them the loader that a key was last asked for with. All loaders of a
 * key do the same.
 */
export function rememberedLoaders(get: (key: string) => Promise<unknown>): {
	readonly load: (key: string) => Promise<Value>;
	readonly getOrLoad: Subject["getOrLoad"];
} {
	const loaders = new Map<string, Loader>();
	return {
		load(key) {
			const loader = loaders.get(key);
			if (loader === undefined) throw new Error(`No loader for ${key}`);
			return loader();
		},
		async getOrLoad(key, load) {
			loaders.set(key, load);
			return valueFrom(await get(key));
		},
	};
}
