import type { Arg } from "@rk/client";
import type { Codec, ListCodec, OptionalCodec } from "./codec.ts";

/** Codecs by the names of the arguments, in the order of `ARGV`. */
export type ArgCodecs = Readonly<Record<string, Codec<unknown, unknown> | ListCodec<unknown, unknown>>>;

/** The keys of a call by their names; of a name such as `"...items"`, any number of them. */
export type KeysOf<K extends readonly string[]> = {
	readonly [N in K[number] as N extends `...${infer Name}` ? Name : N]: N extends `...${string}`
		? readonly Arg[]
		: Arg;
};

type OptionalNames<A extends ArgCodecs> = {
	[N in keyof A]: A[N] extends { readonly optional: true } ? N : never;
}[keyof A];

type GivenTo<C> =
	C extends ListCodec<infer In, unknown>
		? readonly In[]
		: C extends OptionalCodec<infer In, unknown>
			? In
			: C extends Codec<infer In, unknown>
				? In
				: never;

/** The arguments of a call by their names; what is `optional` may be left out. */
export type ArgsOf<A extends ArgCodecs> = {
	readonly [N in Exclude<keyof A, OptionalNames<A>>]: GivenTo<A[N]>;
} & { readonly [N in OptionalNames<A>]?: GivenTo<A[N]> | undefined };

/** What a call takes: the arguments may be left out where none must be given. */
export type ParamsOf<K extends readonly string[], A extends ArgCodecs> = keyof A extends never
	? [keys: KeysOf<K>, args?: Readonly<Record<string, never>>]
	: Partial<ArgsOf<A>> extends ArgsOf<A>
		? [keys: KeysOf<K>, args?: ArgsOf<A>]
		: [keys: KeysOf<K>, args: ArgsOf<A>];
