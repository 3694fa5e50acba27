import { compare } from "./compare.mjs";
import { rowsOf } from "./rows.mjs";
import { table } from "./table.mjs";

/** What a bench file gets: it hands in its cases one by one; each is measured, printed, and kept as rows. */
export class Bench {
	/** `--quick`: the fewest rounds, half the operations. For a first look, not for a verdict. */
	quick;
	/** All that was measured so far, in the form of `--json`. */
	rows = [];
	#name;

	constructor(name, quick) {
		this.#name = name;
		this.quick = quick;
	}

	/**
	 * Measures subjects beside each other.
	 *
	 * A case is `{name, subjects, concurrency, operations, rounds}`. A subject is `{name, operation, against?, atMost?, atLeast?}`:
	 * `operation(i)` does the work once; `against` is the name of the subject it is compared with; `atMost` is the greatest
	 * ratio of CPU time that is acceptable, `atLeast` the least ratio of operations a second.
	 */
	async measure(given) {
		const kase = this.quick ? { ...given, rounds: 5, operations: Math.ceil(given.operations / 2) } : given;
		const rows = rowsOf(this.#name, kase, await compare(kase));
		this.rows.push(...rows);
		console.log(`\n${table(kase, rows)}`);
	}
}
