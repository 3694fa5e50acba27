import { set } from "@rk/client";
import { connect } from "@rk/ioredis";
import { createScripts, defineScript, int, LuaError } from "@rk/lua";

const redis = await connect({ url: process.env["REDIS_URL"] ?? "redis://localhost:6379" });
await redis.command(set("example:list", "text", { ttlMs: 60_000 }));

const size = defineScript({
	name: "size",
	keys: ["items"],
	reply: int,
	lua: `
		--- @include "list.lua"
		return size(KEYS[1])`,
	// With a bundler that imports .lua files as text (esbuild and tsup: loader { ".lua": "text" }), each is a file of its own.
	includes: { "list.lua": `local function size(key)\n  return redis.call("LLEN", key)\nend` },
});
const scripts = createScripts(redis, { size });

try {
	await scripts.size({ items: "example:list" });
} catch (error) {
	if (error instanceof LuaError) console.log(error.reason, error.file, error.line); // WRONGTYPE list.lua 2
}

// In the results of a batch the script itself says what its error means.
const [result] = await redis.batch([size({ items: "example:list" })]);
const meaning = size.explain(result);
if (meaning instanceof LuaError) console.log(meaning.code); // RK_LUA_ERROR

await scripts.close();
await redis.close();
