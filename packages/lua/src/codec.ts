import {
	type Arg,
	type Encoding,
	InvalidArgumentError,
	UnexpectedReplyError,
	type WireReply,
} from "@rk/client";

/**
 * How a value goes to a script as an argument, and how it comes back as its reply: exact, or refused. `In` is what is
 * given, `Out` what is read.
 */
export interface Codec<In, Out = In> {
	/** @throws {InvalidArgumentError} a value that would not arrive as it is; `argument` names it */
	encode(argument: string, value: In): Arg;
	/** @throws {UnexpectedReplyError} not such a value */
	decode(reply: WireReply): Out;
	/** Whether it reads text or bytes. */
	readonly encoding: Encoding;
}

/** A value that may be left out. Made by {@link optional}. */
export interface OptionalCodec<In, Out = In> extends Codec<In | undefined, Out | null> {
	readonly optional: true;
}

/** Any number of values. Made by {@link list}. */
export interface ListCodec<In, Out = In> {
	readonly item: Codec<In, Out>;
	decode(reply: WireReply): Out[];
	readonly encoding: Encoding;
}

/**
 * A value that may be left out: as an argument, `undefined` goes as `""`; as a reply, nil is `null`. An argument whose own
 * text is empty is refused, for the script could not tell it from none.
 */
export function optional<In, Out>(codec: Codec<In, Out>): OptionalCodec<In, Out> {
	checkCodec("codec", codec);
	return {
		optional: true,
		encoding: codec.encoding,
		encode(argument, value) {
			if (value === undefined) return "";
			const arg = codec.encode(argument, value);
			if (arg.length > 0) return arg;
			throw new InvalidArgumentError(argument, value, "left out, or not empty");
		},
		decode: (reply) => (reply === null ? null : codec.decode(reply)),
	};
}

/** Any number of values: as an argument, the last one of a script, from `ARGV[n]` to the end; as a reply, a list. */
export function list<In, Out>(item: Codec<In, Out>): ListCodec<In, Out> {
	checkCodec("codec", item);
	return {
		item,
		encoding: item.encoding,
		decode(reply) {
			if (!isList(reply)) throw new UnexpectedReplyError("a list", reply);
			return reply.map((each) => item.decode(each));
		},
	};
}

/** @throws {InvalidArgumentError} no codec of one value: a list is none */
export function checkCodec(argument: string, codec: Codec<never, unknown>): void {
	if (typeof codec?.encode === "function" && typeof codec.decode === "function") return;
	throw new InvalidArgumentError(argument, codec, "a codec such as int or text");
}

const isList: (reply: WireReply) => reply is readonly WireReply[] = Array.isArray;
