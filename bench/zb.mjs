import { PerformanceObserver } from "node:perf_hooks";
import { bulk } from "./cache/bulk.mjs";
let gc = [];
new PerformanceObserver((l) => { for (const e of l.getEntries()) gc.push([e.detail.kind, e.duration]); }).observe({ entryTypes: ["gc"] });
const rows = [];
await bulk({ rows, quick: false });
await new Promise(r => setTimeout(r, 50));
const kinds = {}; for (const [k, d] of gc) { (kinds[k] ??= []).push(d); }
for (const [k, d] of Object.entries(kinds)) console.log("gc kind", k, "n", d.length, "max", Math.max(...d).toFixed(1), "top", d.sort((a,b)=>b-a).slice(0,8).map(x=>x.toFixed(0)).join(","));
process.exit(0);
