import * as ioredis6 from "ioredis";
import * as ioredis5 from "ioredis-5";
import * as iovalkey from "iovalkey";
import type { NativeCluster, NativeRedis } from "../src/native.ts";

interface Options {
	readonly [option: string]: unknown;
}

/** A library and protocol that the tests run over. */
export interface Library {
	readonly name: string;
	redis(options: Options): NativeRedis;
	cluster(nodes: { host: string; port: number }[], options?: Options): NativeCluster;
}

export const libraries: readonly Library[] = [
	{
		name: "ioredis 6, RESP3",
		redis: (options) => new ioredis6.Redis(options),
		cluster: (nodes, options = {}) => new ioredis6.Cluster(nodes, options),
	},
	{
		name: "ioredis 6, RESP2",
		redis: (options) => new ioredis6.Redis({ ...options, protocol: 2 }),
		cluster: (nodes, options = {}) =>
			new ioredis6.Cluster(nodes, { redisOptions: { protocol: 2 }, ...options }),
	},
	{
		name: "ioredis 5",
		redis: (options) => new ioredis5.Redis(options),
		cluster: (nodes, options = {}) => new ioredis5.Cluster(nodes, options),
	},
	{
		name: "iovalkey",
		redis: (options) => new iovalkey.Redis(options),
		cluster: (nodes, options = {}) => new iovalkey.Cluster(nodes, options),
	},
];
