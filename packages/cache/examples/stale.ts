import { once } from "node:events";
import { createCache, LoadTimeoutError } from "@rk/cache";

// Without Redis: all of it in the memory of this process.
let now = Date.now();
const cache = createCache(null, {
	namespace: "weather",
	clock: () => now,
	ttlMs: 60_000,
	staleMs: 30_000, // then served while it is loaded anew in the background
	staleIfErrorMs: 600_000, // or, if that fails, for so long
});

const forecast = (load: () => string | Promise<string>) => cache.getOrLoad("berlin", load);

console.log(await forecast(() => "sun")); // sun
now += 70_000;
console.log(await forecast(() => Promise.reject(new Error("the service is down")))); // sun
now += 120_000;
console.log(await forecast(() => Promise.reject(new Error("the service is down")))); // sun

const slow = cache.getOrLoad("paris", ({ signal }) => once(signal, "abort"), { hardTimeoutMs: 20 });
console.log(await slow.catch((error) => error instanceof LoadTimeoutError)); // true

await cache.close();
