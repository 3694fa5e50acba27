import { type Arg, type Command, write } from "../command.ts";
import { integer, listOf, mapOf, text } from "../decode.ts";
import { type OneOrMore, some } from "./arguments.ts";

/**
 * How many connections of that node got the message: of a whole cluster's, nobody knows. There, all messages of one channel go by the
 * same node, so that they keep their order.
 */
export function publish(channel: Arg, message: Arg): Command<number> {
	return write(["PUBLISH", channel, message], undefined, integer);
}

/** To a shard channel, which belongs to the slot of its name; how many connections of that node got the message. */
export function spublish(channel: Arg, message: Arg): Command<number> {
	return write(["SPUBLISH", channel, message], channel, integer);
}

/** Channels that somebody on that node listens to. @param pattern a glob-style pattern, default all */
export function pubsubChannels(pattern?: Arg): Command<string[]> {
	const args =
		pattern === undefined ? (["PUBSUB", "CHANNELS"] as const) : (["PUBSUB", "CHANNELS", pattern] as const);
	return write(args, undefined, listOf(text));
}

/** How many on that node listen to each channel, patterns not counted. */
export function pubsubNumsub(channels: OneOrMore): Command<Map<string, number>> {
	return write(["PUBSUB", "NUMSUB", ...some("channels", channels)], undefined, mapOf(integer));
}

/** How many patterns that node has listeners for. */
export function pubsubNumpat(): Command<number> {
	return write(["PUBSUB", "NUMPAT"], undefined, integer);
}

/** How many on that node listen to each shard channel. */
export function pubsubShardnumsub(channels: OneOrMore): Command<Map<string, number>> {
	return write(["PUBSUB", "SHARDNUMSUB", ...some("channels", channels)], undefined, mapOf(integer));
}
