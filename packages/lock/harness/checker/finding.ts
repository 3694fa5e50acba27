/** What the checker can find, by the rule that is broken. */
export type Rule =
	/** More claims at a time than the lock admits. */
	| "exclusion"
	/** A lock was handed out when, by its own library, its time was over. */
	| "expired grant"
	/** The grants and releases are in no order that a lock can have. */
	| "mutex model"
	/** A later grant has no greater fence. */
	| "fence order"
	/** The register took an access of an earlier grant after that of a later one. */
	| "stale access"
	/** An update that the fenced register took was overwritten unseen. */
	| "lost update"
	/** A waiter waited though the lock was free. */
	| "liveness"
	/** Keys, subscriptions or resources are left. */
	| "leftover"
	/** An error that nobody handled. */
	| "stray error";

export interface Finding {
	readonly rule: Rule;
	readonly at: number;
	readonly message: string;
}
