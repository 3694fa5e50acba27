import { startServer } from "@rk/testing";
import { get, getBuffer } from "@rk/client";
import { ioredisPort } from "@rk/ioredis";
import { nodeRedisPort } from "@rk/node-redis";
import { createClient } from "redis";
import { Redis } from "ioredis";
import { CONTENDERS } from "./cache/contenders.mjs";
import { VALUE } from "./cache/hits.mjs";
const server = await startServer();
const at = { host: server.host, port: server.port };
const N = Number(process.argv[2] ?? 1), OPS = Number(process.argv[3] ?? 1500), R = 13;
const lib = process.argv[4] ?? "ioredis";
const KEYS = Array.from({ length: 1000 }, (_, i) => `user:${i}`);
let port;
if (lib === "ioredis") port = ioredisPort(new Redis(at)); else { const c = createClient({ socket: at }); await c.connect(); port = nodeRedisPort(c); }
for (const k of KEYS) await server.command("SET", `bare:${k}`, JSON.stringify(VALUE));
const load = async () => VALUE;
const redis = await CONTENDERS["@rk/cache, " + lib]({ ...at, tiers: "redis", load });
const both = await CONTENDERS["@rk/cache, " + lib]({ ...at, tiers: "both", load, l1: { max: 1 } });
for (const k of KEYS) { await redis.read(k); await both.read(k); }
const dl = { timeoutMs: 30000 };
const subjects = {
  bare: async (i) => JSON.parse(await port.command(get("bare:" + KEYS[i % 1000]))),
  bare_dl: async (i) => JSON.parse(await port.command(get("bare:" + KEYS[i % 1000]), dl)),
  buf_dl: async (i) => JSON.parse((await port.command(getBuffer("bare:" + KEYS[i % 1000]), dl)).toString()),
  redis: (i) => redis.read(KEYS[i % 1000]),
  both: (i) => both.read(KEYS[i % 1000]),
};
const times = {}, cpu = {};
const run = async (f) => { let next = 0; const one = async () => { while (next < OPS) await f(next++); }; await Promise.all(Array.from({ length: N }, one)); };
for (let r = 0; r < R; r++) for (const [n, f] of Object.entries(subjects)) {
  const c = process.cpuUsage(); const t = process.hrtime.bigint();
  await run(f);
  const us = Number(process.hrtime.bigint() - t) / 1e3 / OPS; const d = process.cpuUsage(c);
  if (r > 2) { (times[n] ??= []).push(us); (cpu[n] ??= []).push((d.user + d.system) / OPS); }
}
const med = (a) => [...a].sort((x, y) => x - y)[a.length >> 1];
for (const n of Object.keys(subjects)) console.log(n.padEnd(10), med(times[n]).toFixed(1), "µs min", Math.min(...times[n]).toFixed(1), " cpu", med(cpu[n]).toFixed(1), " rate ratio", (med(times.bare) / med(times[n])).toFixed(2), " cpu ratio", (med(cpu[n]) / med(cpu.bare)).toFixed(2));
process.exit(0);
