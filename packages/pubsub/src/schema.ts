import type { StandardSchemaV1 } from "@standard-schema/spec";

/** What a schema found, in words. */
export function issuesOf(issues: readonly StandardSchemaV1.Issue[]): string {
	return issues.map(({ message }) => message).join("; ");
}
