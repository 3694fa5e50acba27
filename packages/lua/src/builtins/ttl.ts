import type { Codec } from "../codec.ts";
import { intFrom } from "../number-codecs.ts";

/** A time to live in milliseconds. */
export const ttl: Codec<number> = intFrom(1, 2 ** 47);
