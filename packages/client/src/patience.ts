import { onAbort } from "./abort-audience.ts";
import { checkKnown, checkMs, isMs } from "./check.ts";
import type { Command } from "./command.ts";
import { failedOn } from "./command-name.ts";
import type { Deadline, DeadlineWheel } from "./deadline-wheel.ts";
import {
	AbortedError,
	ClosedError,
	type CommandError,
	type FailedCommand,
	InvalidArgumentError,
	TimeoutError,
} from "./errors.ts";
import type { CallOptions } from "./port.ts";

/** Makes the error for one command of the call, which may or may not have been sent. */
export type EndError = (outcome: "not-sent" | "unknown", failed?: FailedCommand) => CommandError;

/** Those who wait, kept by the port to end every wait at close(). */
export type Waiting = Set<Patience>;

/** How long a call waits: until its deadline, its signal, or the port's end, whichever is first. */
export class Patience {
	readonly #wheel: DeadlineWheel;
	readonly #waiting: Waiting;
	readonly #onEnd: (error: EndError) => void;
	readonly #signal: AbortSignal | undefined;
	#deadline: Deadline | undefined;
	/** Stops listening to the signal. */
	#forget: (() => void) | undefined;
	#over = false;

	/** `onEnd` is called once at most, and never after {@link finish}. */
	constructor(
		wheel: DeadlineWheel,
		waiting: Waiting,
		timeoutMs: number | undefined,
		signal: AbortSignal | undefined,
		onEnd: (error: EndError) => void,
	) {
		this.#wheel = wheel;
		this.#waiting = waiting;
		this.#onEnd = onEnd;
		this.#signal = signal;
		waiting.add(this);
		if (timeoutMs !== undefined) {
			this.#deadline = wheel.add(timeoutMs, (why) => {
				this.end((outcome, failed) =>
					why === "late" ? tooLate(timeoutMs, outcome, failed) : closed(outcome, failed),
				);
			});
		}
		if (signal !== undefined) this.#forget = onAbort(signal, this.#aborted);
	}

	get over(): boolean {
		return this.#over;
	}

	readonly #aborted = (): void => {
		this.end((outcome, failed) => new AbortedError(this.#signal?.reason, outcome, failed));
	};

	/** Gives up, for this reason. */
	end(error: EndError): void {
		if (this.#over) return;
		this.finish();
		this.#onEnd(error);
	}

	/** The call has its result: nothing is waited for any more. */
	finish(): void {
		if (this.#over) return;
		this.#over = true;
		this.#waiting.delete(this);
		if (this.#deadline !== undefined) this.#wheel.delete(this.#deadline);
		this.#forget?.();
	}
}

export function tooLate(
	timeoutMs: number,
	outcome: "not-sent" | "unknown",
	failed?: FailedCommand,
): TimeoutError {
	return new TimeoutError(outcome === "not-sent" ? "Not connected" : "No reply", timeoutMs, outcome, failed);
}

export function closed(outcome: "not-sent" | "unknown", failed?: FailedCommand): ClosedError {
	const when = outcome === "unknown" ? "before the reply" : "before the command was sent";
	return new ClosedError(`The client was closed ${when}`, outcome, failed);
}

const CALL_OPTIONS: readonly string[] = ["timeoutMs", "signal"] satisfies (keyof CallOptions)[];

/** @throws {InvalidArgumentError} */
export function checkCallOptions(options: CallOptions, known: readonly string[] = CALL_OPTIONS): void {
	checkKnown("", options, known);
	if (options.timeoutMs !== undefined) checkMs("timeoutMs", options.timeoutMs);
	const { signal } = options;
	if (signal !== undefined && !(signal instanceof AbortSignal)) {
		throw new InvalidArgumentError("signal", signal, "an AbortSignal");
	}
}

/** Nothing but a deadline is asked for, and it is a possible one. */
export function hasOnlyDeadline(options: CallOptions): boolean {
	for (const name in options) {
		if (name !== "timeoutMs" && (name !== "signal" || options.signal !== undefined)) return false;
	}
	return options.timeoutMs === undefined || isMs(options.timeoutMs);
}

/** Why a call must not even begin, or `undefined`. */
export function endedBefore(
	closed: boolean,
	signal: AbortSignal | undefined,
	command?: Command<unknown> | string,
): CommandError | undefined {
	if (!closed && !signal?.aborted) return undefined;
	const failed = command === undefined ? {} : failedOn(undefined, command);
	if (closed) return new ClosedError(undefined, "not-sent", failed);
	return new AbortedError(signal?.reason, "not-sent", failed);
}
