/**
 * Which responses keep what their request was charged: all; `failures`, those with a status of 400 or more, as for attempts
 * to log in; `successes`, the others; or those whose status the function says so of.
 */
export type Charge = "always" | "failures" | "successes" | ((status: number) => boolean);

/** The charges that have a name, as functions. */
export const CHARGES: Readonly<Record<Extract<Charge, string>, (status: number) => boolean>> = Object.freeze({
	always: () => true,
	failures: (status) => status >= 400,
	successes: (status) => status < 400,
});
