/** What became of the messages of one subscription. All that came are `received`, `waiting` or `dropped`. */
export interface MessageCounts {
	/** Taken up: by the handler, or as poison. */
	readonly received: number;
	/** Come, and not yet taken up. */
	readonly waiting: number;
	/** Never taken up: there was no room, or the subscription ended while they waited. */
	readonly dropped: number;
	/** Of those received: the handler threw, rejected, or did not end in time. */
	readonly failed: number;
	/** Of those received: unreadable, or refused by the schema. */
	readonly poisoned: number;
	/** Times in which messages may have been missed, nobody knows how many. */
	readonly gaps: number;
}

/** The same, while it is counted. */
export class Tally implements MessageCounts {
	received = 0;
	waiting = 0;
	dropped = 0;
	failed = 0;
	poisoned = 0;
	gaps = 0;
	/** Handlers that run. */
	running = 0;

	get idle(): boolean {
		return this.running === 0 && this.waiting === 0;
	}

	counts(): MessageCounts {
		const { received, waiting, dropped, failed, poisoned, gaps } = this;
		return { received, waiting, dropped, failed, poisoned, gaps };
	}
}
