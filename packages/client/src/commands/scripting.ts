import { type Command, write } from "../command.ts";
import { flag, listOf, ok, text } from "../decode.ts";
import { type OneOrMore, some } from "./arguments.ts";

/** Makes the script known to the node that it comes to, and gives its digest. */
export function scriptLoad(source: string): Command<string> {
	return write(["SCRIPT", "LOAD", source], undefined, text);
}

/** Whether that node knows each script, by the order of the digests. */
export function scriptExists(sha1s: OneOrMore): Command<boolean[]> {
	return write(["SCRIPT", "EXISTS", ...some("sha1s", sha1s)], undefined, listOf(flag));
}

/** That node forgets all scripts. */
export function scriptFlush(): Command<void> {
	return write(["SCRIPT", "FLUSH"], undefined, ok);
}
