import { generateKeyPairSync, randomBytes, sign } from "node:crypto";

const DAY_MS = 86_400_000;

/** One DER element: tag, length, content. */
function der(tag: number, ...content: readonly Buffer[]): Buffer {
	const body = Buffer.concat(content);
	const size = body.length;
	const length = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
	return Buffer.concat([Buffer.from([tag, ...length]), body]);
}

const sequence = (...content: readonly Buffer[]): Buffer => der(0x30, ...content);
const oid = (hex: string): Buffer => der(0x06, Buffer.from(hex, "hex"));
const octets = (content: Buffer): Buffer => der(0x04, content);
const bits = (content: Buffer): Buffer => der(0x03, Buffer.from([0]), content);
const utcTime = (time: number): Buffer =>
	der(0x17, Buffer.from(`${new Date(time).toISOString().replaceAll(/[-:T]/g, "").slice(2, 14)}Z`));

const TRUE = der(0x01, Buffer.from([0xff]));
const ECDSA_SHA256 = sequence(oid("2a8648ce3d040302"));
const COMMON_NAME = "550403";
const BASIC_CONSTRAINTS = "551d13";
const SUBJECT_ALT_NAME = "551d11";

const pem = (label: string, content: Buffer): string =>
	`-----BEGIN ${label}-----\n${content.toString("base64").replaceAll(/.{1,64}/g, "$&\n")}-----END ${label}-----\n`;

/**
 * A key and its self-signed certificate for `localhost` and 127.0.0.1, good from yesterday for a month. A client that
 * trusts the certificate as an authority accepts it. Made by hand because Node.js signs but issues no certificates, and
 * neither an `openssl` program nor a private key in a package should be needed.
 */
export function certificate(): { readonly key: string; readonly cert: string } {
	const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
	const name = sequence(der(0x31, sequence(oid(COMMON_NAME), der(0x0c, Buffer.from("rk-testing")))));
	const serial = Buffer.concat([Buffer.from([0x01]), randomBytes(8)]); // positive, whatever the random bytes
	const localhost = der(0x82, Buffer.from("localhost"));
	const loopback = der(0x87, Buffer.from([127, 0, 0, 1]));
	const body = sequence(
		der(0xa0, der(0x02, Buffer.from([2]))), // X.509 version 3
		der(0x02, serial),
		ECDSA_SHA256,
		name,
		sequence(utcTime(Date.now() - DAY_MS), utcTime(Date.now() + 30 * DAY_MS)),
		name,
		publicKey.export({ type: "spki", format: "der" }),
		der(
			0xa3,
			sequence(
				sequence(oid(BASIC_CONSTRAINTS), TRUE, octets(sequence(TRUE))),
				sequence(oid(SUBJECT_ALT_NAME), octets(sequence(localhost, loopback))),
			),
		),
	);
	return {
		key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
		cert: pem("CERTIFICATE", sequence(body, ECDSA_SHA256, bits(sign("sha256", body, privateKey)))),
	};
}
