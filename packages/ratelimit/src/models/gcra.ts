import type { Account, Algorithm, Operation, Standing } from "../algorithm.ts";
import { accountOf, chargeable, isQuestion, ratio, standing } from "./account.ts";

/** A limit's burst, and its rate: a unit comes back every p/r microseconds. */
interface Limit {
	readonly burst: bigint;
	readonly p: bigint;
	readonly r: bigint;
}

/** When all is free again, in r-ths of a microsecond. */
interface Bucket {
	readonly limit: Limit;
	readonly freeAt: bigint;
}

const HORIZON = 1_000_000_000n;
const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const most = (a: bigint, b: bigint): bigint => (a > b ? a : b);
const sameRate = (a: Limit, b: Limit): boolean => a.p === b.p && a.r === b.r;
const same = (a: Limit, b: Limit): boolean => a.burst === b.burst && sameRate(a, b);

/** What is owed now, in r-ths of a microsecond: never more than the whole burst, which is how a clock that went back is met. */
function owed({ limit, freeAt }: Bucket, nowUs: bigint): bigint {
	return most(0n, least(freeAt - nowUs * limit.r, limit.burst * limit.p));
}

function owing(limit: Limit, debt: bigint, nowUs: bigint): Bucket {
	return { limit, freeAt: nowUs * limit.r + most(0n, least(debt, limit.burst * limit.p)) };
}

/** The same use under another limit. Where the rates differ, a begun unit counts whole. */
function under(limit: Limit, bucket: Bucket, nowUs: bigint): Bucket {
	const debt = owed(bucket, nowUs);
	if (sameRate(limit, bucket.limit)) return owing(limit, debt, nowUs);
	return owing(limit, ratio(debt, bucket.limit.p, "up") * limit.p, nowUs);
}

function larger(a: Limit, b: Limit): Limit {
	const faster = Number(b.p) / Number(b.r) < Number(a.p) / Number(a.r) ? b : a;
	return { burst: most(a.burst, b.burst), p: faster.p, r: faster.r };
}

/**
 * The generic cell rate algorithm in whole numbers of any size.
 *
 * A subject has one limit at a time. When it changes, the use so far carries over in units, counted under the ceiling: the largest burst
 * and the fastest rate seen since all was last free. A change can therefore never make more free than that ceiling alone would.
 */
export class GcraAccount implements Account {
	#own: Bucket | undefined;
	#ceiling: Bucket | undefined;
	/** The limit is written beside the use; otherwise only those who know it can read it. */
	#tagged = false;

	/** @param known the limits that a state which does not name its own may be of. @default the state's own, as in memory */
	apply(
		operation: Operation,
		nowUs: bigint,
		units: number,
		algorithm: Algorithm,
		known?: readonly Algorithm[],
	): Standing {
		const gcra = accountOf("gcra", algorithm);
		const limit: Limit = { burst: BigInt(gcra.limit), p: BigInt(gcra.p), r: BigInt(gcra.r) };
		const before = { own: this.#own, ceiling: this.#ceiling, tagged: this.#tagged };
		const cut = this.#settle(limit, nowUs, known);
		const room = Number(ratio(limit.burst * limit.p - this.#debt(nowUs), limit.p, "down"));
		const charged = chargeable(operation, units, room);
		if (charged !== 0) this.#add(BigInt(charged), nowUs);
		const debt = this.#debt(nowUs);
		const wanted = operation === "upto" ? 1n : BigInt(units);
		const later = ratio(debt + wanted * limit.p - limit.burst * limit.p, limit.r, "up");
		const result = standing(operation, units, room, charged, {
			remaining: Number(ratio(limit.burst * limit.p - debt, limit.p, "down")),
			retryAfterUs: wanted > limit.burst ? null : Number(most(0n, later)),
			resetAfterUs: Number(ratio(debt, limit.r, "up")),
		});
		// A peek leaves all as it was, and so does a denial that had nothing to mend.
		const untouched = operation === "peek" || (isQuestion(operation) && charged === 0 && !cut);
		if (untouched) [this.#own, this.#ceiling, this.#tagged] = [before.own, before.ceiling, before.tagged];
		else if (this.idle(nowUs)) this.#own = undefined;
		else this.#tagged ||= known !== undefined && known.length > 1;
		return result;
	}

	idle(nowUs: bigint): boolean {
		return [this.#own, this.#ceiling].every((bucket) => bucket === undefined || owed(bucket, nowUs) === 0n);
	}

	#debt(nowUs: bigint): bigint {
		return this.#own === undefined ? 0n : owed(this.#own, nowUs);
	}

	#add(units: bigint, nowUs: bigint): void {
		const add = ({ limit, freeAt }: Bucket): Bucket =>
			owing(limit, owed({ limit, freeAt }, nowUs) + units * limit.p, nowUs);
		if (this.#own !== undefined) this.#own = add(this.#own);
		if (this.#ceiling !== undefined) this.#ceiling = add(this.#ceiling);
	}

	/** Brings the account to this limit and this instant. True if that mended something. */
	#settle(limit: Limit, nowUs: bigint, known: readonly Algorithm[] | undefined): boolean {
		const own = this.#own;
		const ceiling = this.#ceiling;
		if (own === undefined || this.idle(nowUs)) {
			this.#own = owing(limit, 0n, nowUs);
			this.#ceiling = undefined;
			this.#tagged = false;
			return false;
		}
		const cut = [own, ceiling].some(
			(bucket) =>
				bucket !== undefined && bucket.freeAt - nowUs * bucket.limit.r > bucket.limit.burst * bucket.limit.p,
		);
		this.#own = owing(own.limit, owed(own, nowUs), nowUs);
		this.#ceiling =
			ceiling === undefined || owed(ceiling, nowUs) === 0n
				? undefined
				: owing(ceiling.limit, owed(ceiling, nowUs), nowUs);
		const unknown = !this.#tagged && known !== undefined && !known.some((other) => isLimit(other, own.limit));
		if (unknown) this.#takeAll(limit, own, nowUs);
		else if (!same(own.limit, limit)) this.#change(limit, nowUs);
		else return cut;
		this.#tagged = true;
		return true;
	}

	#change(limit: Limit, nowUs: bigint): void {
		const from = this.#ceiling ?? this.#own;
		if (from === undefined) return;
		const ceiling = under(larger(from.limit, limit), from, nowUs);
		this.#own = under(limit, ceiling, nowUs);
		this.#ceiling = same(ceiling.limit, limit) ? undefined : ceiling;
	}

	/** The state is of a limit that nobody here knows: nothing is free, and that is remembered for as long as the state was to last. */
	#takeAll(limit: Limit, unknown: Bucket, nowUs: bigint): void {
		const lastsUs = unknown.freeAt / unknown.limit.r - nowUs;
		const units = least(ratio(lastsUs * limit.r, limit.p, "up") + 1n, HORIZON);
		const ceiling = { burst: most(units, limit.burst), p: limit.p, r: limit.r };
		this.#own = owing(limit, limit.burst * limit.p, nowUs);
		this.#ceiling = owing(ceiling, ceiling.burst * ceiling.p, nowUs);
	}
}

function isLimit(algorithm: Algorithm, limit: Limit): boolean {
	return (
		algorithm.kind === "gcra" &&
		BigInt(algorithm.limit) === limit.burst &&
		BigInt(algorithm.p) === limit.p &&
		BigInt(algorithm.r) === limit.r
	);
}
