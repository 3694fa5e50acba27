import { startServer } from "@rk/testing";
import { getBuffer } from "@rk/client";
import { ioredisPort } from "@rk/ioredis";
import { Redis } from "ioredis";
import { CONTENDERS } from "./cache/contenders.mjs";
import { VALUE } from "./cache/hits.mjs";
const server = await startServer();
const at = { host: server.host, port: server.port };
const KEYS = Array.from({ length: 1000 }, (_, i) => `user:${i}`);
const load = async () => VALUE;
const what = process.argv[2];
let f;
if (what === "bare") { const port = ioredisPort(new Redis(at)); for (const k of KEYS) await server.command("SET", `bare:${k}`, JSON.stringify(VALUE)); f = async (i) => JSON.parse((await port.command(getBuffer("bare:" + KEYS[i % 1000]), { timeoutMs: 30000 })).toString()); }
else { const c = await CONTENDERS["@rk/cache, ioredis"](what === "both" ? { ...at, tiers: "both", load, l1: { max: 1 } } : { ...at, tiers: "redis", load }); for (const k of KEYS) await c.read(k); f = (i) => c.read(KEYS[i % 1000]); }
const t = process.hrtime.bigint(); 
for (let i = 0; i < 100000; i++) await f(i);
console.log(what, Number(process.hrtime.bigint() - t) / 1e3 / 100000);
process.exit(0);
