import { Control } from "./control.ts";
import { login } from "./launch.ts";
import { hasCaughtUp, roleOf, writtenBy } from "./replication.ts";
import type { RunningServer } from "./running-server.ts";
import { until } from "./wait.ts";

const CATCH_UP_MS = 30_000;

/**
 * Makes `replica` a master in the place of `master`, with all that `master` has acknowledged if it is up.
 *
 * Not by a plain CLUSTER FAILOVER: a node that was elected within the last four node timeouts counts the votes of that
 * election again, becomes master with an epoch of the past, takes writes, and is a replica again once it hears of the
 * newer one: those writes are lost. TAKEOVER takes a new epoch and asks nobody, so the writes are held back here.
 */
export async function promote(replica: RunningServer, master: RunningServer): Promise<void> {
	if (!master.responsive) {
		await takeOver(replica);
		return;
	}
	// Not over the connection of the test itself, where a write that waits would keep all that follows it waiting.
	const aside = new Control({ host: master.host, port: master.directPort, ...login(master.password) });
	try {
		await aside.command("CLIENT", "PAUSE", CATCH_UP_MS, "WRITE");
		const written = await writtenBy(aside);
		await until(`${replica.url} has what its master has`, CATCH_UP_MS, async () => {
			return (await hasCaughtUp(replica, master.port, written)) || (await roleOf(replica)) === "master";
		});
		await takeOver(replica);
		await until(`${master.url} knows that it is no master`, CATCH_UP_MS, async () => {
			// A master that ended meanwhile has nobody waiting.
			return !master.responsive || (await roleOf(aside)) !== "master";
		});
	} finally {
		if (master.responsive) await aside.command("CLIENT", "UNPAUSE").finally(() => aside.close());
		else aside.close();
	}
}

async function takeOver(replica: RunningServer): Promise<void> {
	// It may have been elected by itself meanwhile, and a master refuses the command.
	if ((await roleOf(replica)) !== "master") await replica.command("CLUSTER", "FAILOVER", "TAKEOVER");
}
