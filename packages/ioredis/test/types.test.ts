import type * as ioredis6 from "ioredis";
import type * as ioredis5 from "ioredis-5";
import type * as iovalkey from "iovalkey";
import { expectTypeOf, test } from "vitest";
import type { NativeCluster, NativeRedis } from "../src/native.ts";

test("the clients of every supported library are taken without a cast", () => {
	expectTypeOf<ioredis6.Redis>().toExtend<NativeRedis>();
	expectTypeOf<ioredis5.Redis>().toExtend<NativeRedis>();
	expectTypeOf<iovalkey.Redis>().toExtend<NativeRedis>();
	expectTypeOf<ioredis6.Cluster>().toExtend<NativeCluster>();
	expectTypeOf<ioredis5.Cluster>().toExtend<NativeCluster>();
	expectTypeOf<iovalkey.Cluster>().toExtend<NativeCluster>();
});

test("another library's client is not", () => {
	expectTypeOf<{ sendCommand(args: string[]): Promise<unknown> }>().not.toExtend<
		NativeRedis | NativeCluster
	>();
});
