import { startCluster, startSentinel } from "@rk/testing";

const cluster = await startCluster({ masters: 3, replicas: 1 });
const before = await cluster.ownerOf(0);
const after = await cluster.failover(0);
console.log(after.id !== before.id, (await cluster.replicasOf(after)).length); // true 1

// In the middle of a slot's move, for the client that must follow ASK.
const target = await cluster.ownerOf(16_383);
await cluster.beginMigration(0, target);
const asked = await after.command("GET", "{06S}").catch((error: Error) => error.message);
console.log(`${asked}`.split(" ")[0]); // ASK
await cluster.finishMigration(0, target);
await cluster.stop();

const group = await startSentinel({ replicas: 2, sentinels: 3 });
const old = await group.master();
await old.kill();
await group.settled(); // the Sentinels have chosen another
console.log((await group.master()).port !== old.port); // true
await group.stop();
