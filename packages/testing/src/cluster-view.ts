/** One node, as another sees it. */
export interface NodeView {
	readonly id: string;
	readonly role: "master" | "replica";
	/** Of a replica. */
	readonly masterId: string | undefined;
	/** Suspected or known to be down, or not yet met. */
	readonly doubtful: boolean;
	/** Ranges of slots, both ends included. */
	readonly slots: readonly (readonly [first: number, last: number])[];
}

/** Reads the reply of CLUSTER NODES. Slots on their way are those of the node they are leaving. */
export function readView(reply: string): readonly NodeView[] {
	const lines = reply.split("\n").filter((line) => line !== "");
	return lines.map((line) => {
		const [id = "", , flags = "", masterId = "-", , , , , ...slots] = line.split(" ");
		return {
			id,
			role: flags.includes("slave") ? "replica" : "master",
			masterId: masterId === "-" ? undefined : masterId,
			doubtful: /fail|handshake|noaddr/.test(flags),
			slots: slots
				.filter((range) => !range.startsWith("["))
				.map((range) => {
					const [first = 0, last = first] = range.split("-").map(Number);
					return [first, last] as const;
				}),
		};
	});
}

export function ownsSlot({ slots }: NodeView, slot: number): boolean {
	return slots.some(([first, last]) => first <= slot && slot <= last);
}

/** The same text for two views that agree on who owns which slot and who replicates whom. */
export function agreement(view: readonly NodeView[]): string {
	const facts = view.map(({ id, role, masterId, slots }) => JSON.stringify([id, role, masterId, slots]));
	return facts.sort().join("\n");
}
