import fc from "fast-check";
import { parseList } from "structured-headers";
import { describe, expect, test } from "vitest";
import { type FieldStyle, legacyFields, WRITERS } from "../../src/http/fields.ts";
import type { Notice } from "../../src/http/notice.ts";

/** 20 at once, 10 a second, one used. */
const burst: Notice = {
	policy: "burst",
	quota: 20,
	windowMs: 2_000,
	unit: undefined,
	partition: undefined,
	left: { remaining: 19, resetMs: 100 },
};
const daily: Notice = { ...burst, policy: "daily", quota: 1000, windowMs: 86_400_000 };

function written(style: FieldStyle, ...notices: Notice[]): Record<string, string> {
	return Object.fromEntries(WRITERS[style](notices));
}

describe("draft-10", () => {
	test("tells of each policy and of what is left of it", () => {
		const spent = { ...daily, left: { remaining: 0, resetMs: 60_000 } };
		expect(written("draft-10", burst, spent)).toEqual({
			"RateLimit-Policy": '"burst";q=20;w=2, "daily";q=1000;w=86400',
			RateLimit: '"burst";r=19;t=1, "daily";r=0;t=60',
		});
	});

	test("tells of the policy alone where nobody counted", () => {
		expect(written("draft-10", { ...burst, left: null })).toEqual({ "RateLimit-Policy": '"burst";q=20;w=2' });
	});

	test("tells of nothing where there is no policy: an empty list is no field", () => {
		expect(written("draft-10")).toEqual({});
	});

	test("names the unit, and whose quota it is", () => {
		const notice = { ...burst, unit: "content-bytes", partition: Buffer.from("tenant:7") };
		expect(written("draft-10", notice)).toEqual({
			"RateLimit-Policy": '"burst";q=20;w=2;qu="content-bytes";pk=:dGVuYW50Ojc=:',
			RateLimit: '"burst";r=19;t=1;pk=:dGVuYW50Ojc=:',
		});
	});

	// Broken on purpose: a name put between quotes as it is fails with the first quote or backslash.
	test("carries every name that a limiter can have, and nothing breaks out of it", () => {
		const names = fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 50 });
		fc.assert(
			fc.property(names, (policy) => {
				const fields = written("draft-10", { ...burst, policy }, daily);
				for (const value of Object.values(fields)) {
					expect(parseList(value).map(([name]) => name)).toEqual([policy, "daily"]);
				}
			}),
		);
	});
});

describe("seconds", () => {
	// Broken on purpose: Math.round or Math.floor fail; without the 1 at least, 0 invites to ask in a loop.
	test.each([
		[0, 1],
		[1, 1],
		[999.5, 1],
		[1000, 1],
		[1000.25, 2],
		[1001, 2],
		[59_001, 60],
	])("%d ms are told as %d", (ms, told) => {
		expect(written("draft-10", { ...burst, windowMs: ms })["RateLimit-Policy"]).toBe(
			`"burst";q=20;w=${told}`,
		);
		const { RateLimit } = written("draft-10", { ...burst, left: { remaining: 0, resetMs: ms } });
		expect(RateLimit).toBe(`"burst";r=0;t=${told}`);
	});
});

test("a number of more than 15 digits, which no field can carry, is told as the largest that can", () => {
	const huge = { ...burst, quota: Number.MAX_SAFE_INTEGER };
	expect(written("draft-10", huge)["RateLimit-Policy"]).toBe('"burst";q=999999999999999;w=2');
});

describe("the older styles tell of the policy with the least left", () => {
	const tight: Notice = { ...daily, left: { remaining: 5, resetMs: 3_600_000 } };

	test("draft-7", () => {
		expect(written("draft-7", burst, tight)).toEqual({
			"RateLimit-Policy": "20;w=2, 1000;w=86400",
			RateLimit: "limit=1000, remaining=5, reset=3600",
		});
	});

	test("draft-6", () => {
		expect(written("draft-6", tight, burst)).toEqual({
			"RateLimit-Policy": "1000;w=86400, 20;w=2",
			"RateLimit-Limit": "1000",
			"RateLimit-Remaining": "5",
			"RateLimit-Reset": "3600",
		});
	});

	test("the X-RateLimit fields, with the Unix time in seconds, rounded up", () => {
		expect(Object.fromEntries(legacyFields([burst, tight], 1_700_000_000_001))).toEqual({
			"X-RateLimit-Limit": "1000",
			"X-RateLimit-Remaining": "5",
			"X-RateLimit-Reset": "1700003601",
		});
	});

	test("of two with equally much left, the one that takes longer", () => {
		const later = { ...daily, left: { remaining: 19, resetMs: 200_000 } };
		expect(written("draft-7", burst, later)["RateLimit"]).toBe("limit=1000, remaining=19, reset=200");
		expect(written("draft-7", later, burst)["RateLimit"]).toBe("limit=1000, remaining=19, reset=200");
	});

	test("what nobody counted is not told in place of what somebody did", () => {
		const unknown = { ...daily, left: null };
		expect(written("draft-7", unknown, burst)["RateLimit"]).toBe("limit=20, remaining=19, reset=1");
		expect(written("draft-6", unknown)).toEqual({ "RateLimit-Policy": "1000;w=86400" });
		expect(legacyFields([unknown], 0)).toEqual([]);
	});
});

test("none is none", () => {
	expect(written("none", burst)).toEqual({});
});
