export { type Adapter, adapters, open } from "../../../test/adapters.ts";

let names = 0;

/** A subject that no other test has. */
export function freshSubject(): string {
	names += 1;
	return `subject-${process.pid}-${names}`;
}
