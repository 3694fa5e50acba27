import { setTimeout as delay, setImmediate as nextTurn } from "node:timers/promises";
import { now } from "../clock.ts";
import type { Dice } from "../seed.ts";
import type { Node, ReadVerb } from "./node.ts";
import type { WorkerSettings, WriteVerb } from "./protocol.ts";
import type { Subject } from "./subjects/subject.ts";

/** How often each is done, beside the others. */
const READS: Readonly<Record<ReadVerb, number>> = {
	...{ getOrLoad: 12, get: 3, peek: 1, getMany: 2, getOrLoadMany: 3 },
};
const WRITES: Readonly<Record<WriteVerb, number>> = {
	...{ delete: 8, deleteMany: 3, set: 4, setMany: 2, invalidateTag: 4, clear: 1, expire: 2, expireTag: 2 },
};
const READ_REST_MS = 3;
const WRITE_REST_MS = 24;
/** A turn of the event loop that takes longer is one in which the process stood still. */
const TURN_MS = 200;

/** Each name as often as its weight says. */
function weighed<V extends string>(weights: Readonly<Record<V, number>>, among: readonly V[]): V[] {
	return among.flatMap((verb) => Array.from({ length: weights[verb] }, () => verb));
}

export async function readUntil(
	stopped: () => boolean,
	{ node, subject, settings, chance }: Reader,
): Promise<void> {
	const verbs: readonly ReadVerb[] = ["getOrLoad", "get", "peek", "getMany", "getOrLoadMany"];
	const known = weighed(
		READS,
		verbs.filter((verb) => subject[verb] !== undefined),
	);
	const keys = Object.keys(settings.tags);
	while (!stopped()) {
		await delay(chance.between(0, READ_REST_MS));
		// What a process that stood still was about to do in that very turn of its event loop is done by the clock from before.
		const woke = now();
		await nextTurn();
		if (now() - woke > TURN_MS) continue;
		await node.read(chance.pick(known), chance.some(keys));
	}
}

/** @param enough is called when all that has to be written has been */
export async function writeUntil(stopped: () => boolean, who: Reader, enough: () => void): Promise<void> {
	const { subject, settings, chance } = who;
	if (settings.writes === 0) {
		enough();
		return;
	}
	const known = weighed(
		WRITES,
		settings.verbs.filter((verb) => subject[verb] !== undefined),
	);
	for (let done = 1; !stopped(); done++) {
		await delay(chance.between(0, WRITE_REST_MS));
		await write(chance.pick(known), who);
		if (done === settings.writes) enough();
	}
}

export interface Reader {
	readonly node: Node;
	readonly subject: Subject;
	readonly settings: WorkerSettings;
	readonly chance: Dice;
}

function write(verb: WriteVerb, { node, subject, settings, chance }: Reader): Promise<void> {
	const all = Object.keys(settings.tags);
	const key = chance.pick(all);
	const some = [...new Set(chance.some(all))];
	const tag = chance.pick(Object.values(settings.tags).flat());
	const tagged = all.filter((one) => settings.tags[one]?.includes(tag));
	const hard = { soft: false, sets: false };
	// Where nothing stale may be served, an entry that is not fresh is as good as gone.
	const soft = { soft: settings.staleMs > 0, sets: false };
	const sets = { soft: false, sets: true };
	const verbs: Readonly<Record<WriteVerb, () => Promise<void>>> = {
		delete: () => node.write(verb, [key], hard, async () => subject.delete(key)),
		deleteMany: () => node.write(verb, some, hard, async () => subject.deleteMany?.(some)),
		set: () => node.write(verb, [key], sets, async ([value]) => value && subject.set?.(value)),
		setMany: () => node.write(verb, some, sets, async (values) => subject.setMany?.(values)),
		invalidateTag: () => node.write(verb, tagged, hard, async () => subject.invalidateTag?.(tag)),
		clear: () => node.write(verb, all, hard, async () => subject.clear?.()),
		expire: () => node.write(verb, [key], soft, async () => subject.expire?.(key)),
		expireTag: () => node.write(verb, tagged, soft, async () => subject.expireTag?.(tag)),
	};
	return verbs[verb]();
}
