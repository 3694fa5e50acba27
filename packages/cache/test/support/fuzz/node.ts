import { setTimeout as delay } from "node:timers/promises";
import { now } from "../clock.ts";
import type { Dice } from "../seed.ts";
import type { Database } from "./database.ts";
import type { Entry, Value } from "./history.ts";
import type { Subject } from "./subjects/subject.ts";

/** How long a loader takes after it has looked into the database, at most. */
const LOADING_MS = 12;

/** A cache under test and its database, as one process uses them; everything is written down. */
export class Node {
	readonly entries: Entry[] = [];
	readonly #name: string;
	readonly #subject: Subject;
	readonly #database: Database;
	readonly #chance: Dice;
	#made = 0;

	constructor(name: string, subject: Subject, database: Database, chance: Dice) {
		this.#name = name;
		this.#subject = subject;
		this.#database = database;
		this.#chance = chance;
	}

	/** One read by any of the subject's verbs. */
	async read(
		verb: ReadVerb,
		keys: readonly string[],
		round?: number,
	): Promise<readonly (Value | undefined)[]> {
		const began = now();
		let values: readonly (Value | undefined)[];
		try {
			values = await this.#values(verb, keys);
		} catch (error) {
			this.#failed(verb, error);
			return [];
		}
		const ended = now();
		if (values.length !== asked(verb, keys).length) this.#failed(verb, `${values.length} values`);
		for (const [n, key] of asked(verb, keys).entries()) {
			const value = values[n];
			this.entries.push({
				...{ kind: "read", by: verb, key, began, ended },
				...(value === undefined ? {} : { value }),
				...(round === undefined ? {} : { round }),
			});
		}
		return values;
	}

	/** Changes the rows in the database, and then does what makes the cache know. */
	async write(
		by: string,
		keys: readonly string[],
		{ soft, sets }: { readonly soft: boolean; readonly sets: boolean },
		tell: (values: readonly Value[]) => Promise<unknown>,
	): Promise<void> {
		const versions = await this.#database.change(keys);
		const values = keys.map((key, n) => ({ key, id: this.#newId(), version: versions[n] ?? Number.NaN }));
		const began = now();
		try {
			await tell(values);
		} catch (error) {
			this.#failed(by, error);
			return;
		}
		this.entries.push({
			...{ kind: "invalidation", by, keys, began, ended: now(), soft },
			...(sets ? { ids: values.map(({ id }) => id) } : {}),
		});
	}

	async #values(verb: ReadVerb, keys: readonly string[]): Promise<readonly (Value | undefined)[]> {
		const [key = ""] = keys;
		if (verb === "getOrLoad") return [await this.#subject.getOrLoad(key, () => this.#loadOne(key))];
		if (verb === "get") return [await this.#subject.get?.(key)];
		if (verb === "peek") return [this.#subject.peek?.(key)];
		if (verb === "getMany") return (await this.#subject.getMany?.(keys)) ?? [];
		return (await this.#subject.getOrLoadMany?.(keys, (missing) => this.#load(missing))) ?? [];
	}

	async #loadOne(key: string): Promise<Value> {
		const [value] = await this.#load([key]);
		if (value === undefined) throw new Error("Nothing was loaded");
		return value;
	}

	async #load(keys: readonly string[]): Promise<Value[]> {
		const ids = keys.map(() => this.#newId());
		this.entries.push({ kind: "load", ids, began: now() });
		const versions = await this.#database.read(keys);
		await delay(this.#chance.between(0, LOADING_MS));
		return keys.map((key, n) => ({ key, id: ids[n] ?? "", version: versions[n] ?? Number.NaN }));
	}

	#failed(by: string, error: unknown): void {
		this.entries.push({ kind: "failure", by, detail: String(error), at: now() });
	}

	#newId(): string {
		this.#made += 1;
		return `${this.#name}#${this.#made}`;
	}
}

export type ReadVerb = "getOrLoad" | "get" | "peek" | "getMany" | "getOrLoadMany";

/** Of the keys, those that the verb is about. */
function asked(verb: ReadVerb, keys: readonly string[]): readonly string[] {
	return verb.endsWith("Many") ? keys : keys.slice(0, 1);
}
