import { checkMs } from "./check.ts";
import type { Deadline, DeadlineWheel } from "./deadline-wheel.ts";
import {
	AbortedError,
	ClosedError,
	type CommandError,
	InvalidArgumentError,
	TimeoutError,
} from "./errors.ts";
import type { CallOptions } from "./port.ts";

/** Makes the error for one command of the call, which may or may not have been sent. */
export type EndError = (outcome: "not-sent" | "unknown") => CommandError;

/** Who waits longer than this stops the whole port: kept by it, to end every wait at close(). */
export type Waiting = Set<Patience>;

/** How long a call waits: until its deadline, its signal, or the port's end, whichever is first. */
export class Patience {
	readonly #wheel: DeadlineWheel;
	readonly #waiting: Waiting;
	readonly #onEnd: (error: EndError) => void;
	readonly #signal: AbortSignal | undefined;
	#deadline: Deadline | undefined;
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
				this.end((outcome) => (why === "late" ? tooLate(timeoutMs, outcome) : closed(outcome)));
			});
		}
		signal?.addEventListener("abort", this.#aborted, { once: true });
	}

	get over(): boolean {
		return this.#over;
	}

	readonly #aborted = (): void => {
		this.end((outcome) => new AbortedError(this.#signal?.reason, outcome));
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
		this.#signal?.removeEventListener("abort", this.#aborted);
	}
}

export function tooLate(timeoutMs: number, outcome: "not-sent" | "unknown"): TimeoutError {
	return new TimeoutError(outcome === "not-sent" ? "Not connected" : "No reply", timeoutMs, outcome);
}

export function closed(outcome: "not-sent" | "unknown"): ClosedError {
	return new ClosedError("The client was closed while the command was under way", outcome);
}

/** @throws {InvalidArgumentError} */
export function checkCallOptions(options: CallOptions): void {
	if (options.timeoutMs !== undefined) checkMs("timeoutMs", options.timeoutMs);
	const { signal } = options;
	if (signal !== undefined && !(signal instanceof AbortSignal)) {
		throw new InvalidArgumentError("signal", signal, "an AbortSignal");
	}
}

/** Why a call must not even begin, or `undefined`. */
export function endedBefore(closed: boolean, signal: AbortSignal | undefined): CommandError | undefined {
	if (closed) return new ClosedError();
	return signal?.aborted ? new AbortedError(signal.reason, "not-sent") : undefined;
}
