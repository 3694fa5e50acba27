import { type Arg, type Command, checkKnown, InvalidArgumentError, type WireReply } from "@rk/client";
import { list } from "../codec.ts";
import { exactArg } from "../codecs.ts";
import { defineScript, type Script } from "../define-script.ts";
import { IdempotencyMismatchError, InsufficientFundsError } from "../errors.ts";
import { int, intFrom } from "../number-codecs.ts";
import lua from "./transfer.lua";
import { ttl } from "./ttl.ts";

export interface Transfer {
	/** Keys of two balances, in one slot: whole numbers of the smallest unit. A key that does not exist counts as 0. */
	readonly from: Arg;
	readonly to: Arg;
	/** 1 or more. */
	readonly amount: number;
	/**
	 * A key in the same slot, under which the transfer is remembered: asked for again, it gives the same result and moves
	 * nothing. Without it, an error with the outcome `unknown` leaves open whether it was done.
	 */
	readonly idempotencyKey?: Arg | undefined;
	/** How long it is remembered, in milliseconds. @default 86_400_000, a day */
	readonly idempotencyTtlMs?: number | undefined;
}

/** What a transfer came to. */
export interface Transferred {
	/** The balances after it. */
	readonly from: number;
	readonly to: number;
	/** It had been done before, under this idempotency key; the balances are those of then. */
	readonly repeated: boolean;
}

/** Defaults of {@link Transfer}. */
export const TRANSFER_DEFAULTS: { readonly idempotencyTtlMs: number } = Object.freeze({
	idempotencyTtlMs: 86_400_000,
});

const wholeAmount = intFrom(1);

const byPosition = defineScript({
	name: "transfer",
	keys: ["from", "to", "...idempotencyKey"],
	args: { amount: wholeAmount, idempotencyTtlMs: ttl },
	reply: readTransferred,
	errors: {
		RKFUNDS: (error) => new InsufficientFundsError(Number(error.reply.split(" ")[1]), { cause: error }),
		RKTRANSFER: (error) => new IdempotencyMismatchError({ cause: error }),
	},
	lua,
});

const balances = list(int);

function readTransferred(reply: WireReply): Transferred {
	const [from = 0, to = 0, repeated] = balances.decode(reply);
	return { from, to, repeated: repeated === 1 };
}

function command(transfer: Transfer): Command<Transferred> {
	checkKnown("", transfer, ["from", "to", "amount", "idempotencyKey", "idempotencyTtlMs"]);
	const { from, to, amount, idempotencyKey } = transfer;
	const { idempotencyTtlMs = TRANSFER_DEFAULTS.idempotencyTtlMs } = transfer;
	// Here, and not by the script alone, so that an error names what the caller gave.
	exactArg("from", from);
	exactArg("to", to);
	if (idempotencyKey !== undefined) exactArg("idempotencyKey", idempotencyKey);
	wholeAmount.encode("amount", amount);
	ttl.encode("idempotencyTtlMs", idempotencyTtlMs);
	const keys = idempotencyKey === undefined ? [from, to] : [from, to, idempotencyKey];
	const different = new Set(keys.map((key) => Buffer.from(key).toString("latin1")));
	if (different.size < keys.length) throw new InvalidArgumentError("to", to, "another key than the others");
	return byPosition(
		{ from, to, idempotencyKey: idempotencyKey === undefined ? [] : [idempotencyKey] },
		{ amount, idempotencyTtlMs },
	);
}

/**
 * Moves `amount` from one balance to another: both change, or neither.
 *
 * With an `idempotencyKey`, repeating the same transfer moves the amount once; what was refused is not remembered, and is
 * decided anew. The balances keep the time to live that they have.
 *
 * Rejects, as a method of `createScripts`, with {@link InsufficientFundsError} if `from` has less, with
 * {@link IdempotencyMismatchError} if the idempotency key belongs to another transfer, and with the code `RKBALANCE` if a
 * balance is, or would be, no whole number within ±(2^53 − 1). Of the results of a batch, `transfer.explain(error)` makes the same.
 */
export const transfer: Script<[transfer: Transfer], Transferred> = Object.assign(command.bind(undefined), {
	...byPosition,
	takes: 1 as const,
	native: [],
	command,
});
