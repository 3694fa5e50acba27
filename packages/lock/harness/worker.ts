// One process that takes and gives back locks, and writes down what its library says. Started by `Fleet`.
import { setTimeout as delay } from "node:timers/promises";
import { now } from "./clock.ts";
import { HistoryFile } from "./history.ts";
import type { Order, Registered, Report, Span, WorkerSettings } from "./protocol.ts";
import { dice } from "./seed.ts";
import { SUBJECTS } from "./subjects/index.ts";
import type { Hold, Subject } from "./subjects/subject.ts";

/** How often a holder asks its library whether it still holds the lock. */
const ASK_MS = 3;

function settingsFrom([, , text = ""]: string[]): WorkerSettings {
	return JSON.parse(text);
}

const settings = settingsFrom(process.argv);
const history = new HistoryFile(settings.historyPath);
const chance = dice(settings.seed);
const within = ([least, most]: Span): number => chance.between(least, most);
const stopping = new AbortController();
const orders = orderDesk();

/** Takes what the harness sends: some of it at once, some of it is waited for. */
function orderDesk() {
	const registered = new Map<number, (value: Registered) => void>();
	const waiting = new Map<Order["kind"], () => void>();
	let asked = 0;
	let shiftMs = 0;
	const trueNow = Date.now;
	// The libraries under test have no other clock with a date.
	Date.now = () => Math.round(trueNow() + shiftMs);
	process.on("message", (order: Order) => {
		if (order.kind === "block") Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, order.ms);
		else if (order.kind === "shift clock") shiftMs = order.ms;
		else if (order.kind === "stop") stopping.abort();
		else if (order.kind === "registered") {
			registered.get(order.id)?.(order.value);
			registered.delete(order.id);
		} else waiting.get(order.kind)?.();
	});
	return {
		report: (report: Report) => process.send?.(report),
		when: (kind: Order["kind"]) => new Promise<void>((resolve) => waiting.set(kind, resolve)),
		register(access: (id: number) => Report): Promise<Registered> {
			asked += 1;
			const id = asked;
			const answer = new Promise<Registered>((resolve) => registered.set(id, resolve));
			orders.report(access(id));
			return answer;
		},
	};
}

function keyNow(): string {
	const key = `k${Math.floor(chance.roll() * settings.work.keys)}`;
	const { freshKeyMs } = settings.work;
	return freshKeyMs === undefined ? key : `${key}.${Math.floor(now() / freshKeyMs)}`;
}

async function round(subject: Subject, hold: string): Promise<void> {
	const key = keyNow();
	const { waitMs, abortMs, holdMs } = settings.work;
	const signals = [stopping.signal];
	if (abortMs !== undefined) signals.push(AbortSignal.timeout(Math.round(within(abortMs))));
	const signal = AbortSignal.any(signals);
	history.write({ kind: "ask", hold, key });
	let lock: Hold | undefined;
	try {
		lock = await subject.acquire(key, { waitMs: within(waitMs), signal });
	} catch (error) {
		if (signal.aborted) history.write({ kind: "denied", hold });
		else history.write({ kind: "failed", hold, detail: String(error) });
		return;
	}
	if (lock === undefined) history.write({ kind: "denied", hold });
	else await section(lock, hold, key, within(holdMs));
}

/** What is done under the lock. */
async function section(lock: Hold, hold: string, key: string, holdMs: number): Promise<void> {
	const granted = now();
	const remainingMs = lock.remainingMs();
	const fence = lock.fence === undefined ? {} : { fence: `${lock.fence}` };
	const time =
		remainingMs === undefined ? {} : { remainingMs, sentFrom: now() + remainingMs - settings.ttlMs };
	history.write({ kind: "grant", hold, ...fence, ...time }, granted);
	const stillHeld = (): boolean => {
		const at = now();
		const held = lock.held();
		history.write({ kind: held ? "held" : "lost", hold }, at);
		return held;
	};
	if (stillHeld()) {
		const { fenced, unfenced } = await orders.register((id) => ({ kind: "read", id, key, hold, ...fence }));
		let held = stillHeld();
		while (held && now() - granted < holdMs) {
			await delay(ASK_MS);
			held = stillHeld();
		}
		// A holder that was told that it lost the lock writes all the same: fences are for those who do not look.
		const values = { fenced: fenced === undefined ? undefined : fenced + 1, unfenced: unfenced + 1 };
		await orders.register((id) => ({ kind: "write", id, key, hold, values, ...fence }));
		if (held) stillHeld();
	}
	history.write({ kind: "release", hold });
	try {
		history.write({ kind: "released", hold, ok: await lock.release() });
	} catch (error) {
		history.write({ kind: "released", hold, ok: false, detail: String(error) });
	}
}

async function main(): Promise<void> {
	const subject = await (await SUBJECTS[settings.subject]())(settings);
	const told = orders.when("work");
	orders.report({ kind: "ready" });
	await told;
	for (let n = 1; !stopping.signal.aborted; n++) {
		await round(subject, `${settings.name}#${n}`);
		await delay(within(settings.work.restMs));
	}
	await subject.close();
	const leave = orders.when("leave");
	orders.report({ kind: "closed" });
	await leave;
	await subject.disconnect();
	history.write({ kind: "closed" });
	process.off("disconnect", orphaned);
	process.disconnect();
}

/** The harness is gone. */
function orphaned(): void {
	process.exit(1);
}

process.on("disconnect", orphaned);
for (const event of ["unhandledRejection", "uncaughtException"] as const) {
	process.on(event, (error: unknown) => history.write({ kind: "stray", detail: `${event}: ${error}` }));
}
main().catch((error: unknown) => {
	process.stderr.write(`${settings.name}: ${error instanceof Error ? error.stack : error}\n`);
	process.exit(1);
});
