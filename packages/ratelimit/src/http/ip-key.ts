import { isIPv4, isIPv6 } from "node:net";
import { checkInteger, checkKnown, InvalidArgumentError } from "@rk/client";

export interface IpKeyOptions {
	/**
	 * How many leading bits of an IPv6 address make one client, 1 to 128. A network hands its customers whole subnets, so
	 * a limit for single addresses is none: larger numbers are evaded more easily, smaller ones lump neighbours together.
	 * @default 64, the smallest subnet that a network gives to one customer
	 */
	readonly v6PrefixBits?: number;
}

export const IP_KEY_DEFAULTS: Readonly<Required<IpKeyOptions>> = Object.freeze({ v6PrefixBits: 64 });

/**
 * The key of the client at an IP address: an IPv4 address as it is, an IPv6 address as its subnet, `2001:db8:1:2::/64`.
 *
 * All spellings of an address give one key. An IPv4 address that a dual-stack socket shows as IPv6 (`::ffff:192.0.2.1`)
 * counts as IPv4; a zone (`fe80::1%eth0`) is left out.
 *
 * The address must be the client's: behind a proxy, tell the framework which proxies to trust. `undefined`, which
 * frameworks give for a connection that is gone, is refused, because one key for all such clients would be a trap.
 *
 * @throws {InvalidArgumentError} not an IP address, as one with a port or a list out of `X-Forwarded-For` is not
 */
export function ipKey(address: string | undefined, options: IpKeyOptions = {}): string {
	checkKnown("options", options, Object.keys(IP_KEY_DEFAULTS));
	const { v6PrefixBits } = { ...IP_KEY_DEFAULTS, ...options };
	checkInteger("v6PrefixBits", v6PrefixBits, 1, 128);
	if (typeof address !== "string" || !(isIPv4(address) || isIPv6(address))) {
		throw new InvalidArgumentError("address", address, "an IP address, without port or brackets");
	}
	if (isIPv4(address)) return address;
	const groups = groupsOf(address);
	const mapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
	return mapped ? v4Of(groups) : subnetOf(groups, v6PrefixBits);
}

/** The eight 16-bit numbers of an IPv6 address. */
function groupsOf(address: string): number[] {
	const [withoutZone = ""] = address.split("%", 1);
	// The platform's URL parser settles every spelling: lower case, no leading zeros, no dotted quad, one "::" at most.
	const settled = new URL(`http://[${withoutZone}]`).hostname.slice(1, -1);
	const [head = [], tail = []] = settled.split("::").map(numbersIn);
	return [...head, ...Array<number>(8 - head.length - tail.length).fill(0), ...tail];
}

function numbersIn(groups: string): number[] {
	return groups === "" ? [] : groups.split(":").map((group) => Number.parseInt(group, 16));
}

/** The IPv4 address in the last two groups. */
function v4Of(groups: readonly number[]): string {
	return groups
		.slice(6)
		.flatMap((group) => [group >> 8, group & 0xff])
		.join(".");
}

function subnetOf(groups: readonly number[], bits: number): string {
	const kept = groups.slice(0, Math.ceil(bits / 16)).map((group, index) => {
		const own = Math.min(16, bits - index * 16);
		return (group & (0xffff << (16 - own))).toString(16);
	});
	return `${kept.join(":")}${kept.length < 8 ? "::" : ""}/${bits}`;
}
