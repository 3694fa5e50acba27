import { type CallOptions, type Command, checkPort, InvalidArgumentError, type RedisPort } from "@rk/client";
import type { AnyScript } from "./define-script.ts";
import { NativeCommands } from "./native-commands.ts";
import { Preload } from "./preload.ts";

/** The scripts of a set by the names of their methods. */
export type ScriptsByName = Readonly<Record<string, AnyScript>>;

/** Sends the script: what calling it takes, then options. */
export type ScriptMethod<S> = S extends (...params: infer P) => Command<infer R>
	? (...given: [...params: P, options?: CallOptions]) => Promise<R>
	: never;

/** What a set of scripts has besides its methods. */
export interface ScriptSet extends AsyncDisposable {
	/**
	 * Makes every script known to every master (`SCRIPT LOAD`), now and, until `close()`, after each reconnect and each change of
	 * topology. Never needed, for the source goes along where it must; it spares the first calls that.
	 *
	 * @throws {PreloadError} a master did not take them: it gets them with its next reconnect, or with their first use
	 * @throws {AbortedError} the signal was aborted
	 */
	preload(options?: CallOptions): Promise<void>;
	/** Ends what `preload()` began; the methods go on to work. The port stays open. */
	close(): Promise<void>;
}

export type Scripts<D extends ScriptsByName> = { readonly [N in keyof D]: ScriptMethod<D[N]> } & ScriptSet;

/** A promise that had a `then` of the application's would never be what it seems. */
const RESERVED = ["preload", "close", "then"];

/**
 * A method for each script, which sends it and gives its result: `scripts.take({ counter }, { by: 1 })`.
 *
 * Each call is sent once, at most. A script that failed rejects with a {@link LuaError}, or with what its definition's
 * `errors` make of it. Where the server has a native command that does the same, that is sent.
 *
 * With a built-in that has a native command, it listens to the port until `close()`: make a set once, not for each request.
 *
 * @throws {InvalidArgumentError} no port, a value that is no script, or a name that the set has for itself
 */
export function createScripts<const D extends ScriptsByName>(redis: RedisPort, scripts: D): Scripts<D>;
export function createScripts(redis: RedisPort, scripts: ScriptsByName): ScriptSet {
	checkPort("redis", redis);
	if (typeof scripts !== "object" || scripts === null) {
		throw new InvalidArgumentError("scripts", scripts, "an object of scripts by name");
	}
	const named = Object.entries(scripts);
	for (const [name, script] of named) {
		if (typeof script?.command !== "function" || typeof script.explain !== "function") {
			throw new InvalidArgumentError(`scripts.${name}`, script, "a script, as defineScript gives it");
		}
		if (RESERVED.includes(name)) {
			throw new InvalidArgumentError(`scripts.${name}`, name, `another name than ${RESERVED.join(", ")}`);
		}
	}
	const all = named.map(([, script]) => script);
	const preload = new Preload(redis, all);
	const natives = all.some(({ native }) => native.length > 0) ? new NativeCommands(redis, all) : undefined;
	const close = async (): Promise<void> => {
		natives?.close();
		await preload.close();
	};
	return {
		...Object.fromEntries(named.map(([name, script]) => [name, methodOf(redis, script, natives)])),
		preload: (options) => preload.load(options),
		close,
		[Symbol.asyncDispose]: close,
	};
}

type Method = (...given: never[]) => Promise<unknown>;

function methodOf(redis: RedisPort, script: AnyScript, natives: NativeCommands | undefined): Method {
	const explained = (error: unknown): never => {
		throw script.explain(error);
	};
	const byScript = (command: Command<unknown>, options: CallOptions | undefined): Promise<unknown> =>
		redis.command(command, options).catch(explained);

	const send = (first: unknown, second: unknown, options: CallOptions | undefined): Promise<unknown> => {
		let command: Command<unknown>;
		let native: Command<unknown> | undefined;
		try {
			command = script.command(first, second);
			native = natives?.commandOf(script, first, second);
		} catch (error) {
			return Promise.reject(error);
		}
		if (native === undefined) return byScript(command, options);
		return redis.command(native, options).catch((error: unknown) => {
			if (natives?.refuses(error)) return byScript(command, options);
			throw error;
		});
	};
	if (script.takes === 1) {
		return (request: unknown, options?: CallOptions) => send(request, undefined, options);
	}
	return (keys: unknown, args: unknown, options?: CallOptions) => send(keys, args, options);
}
