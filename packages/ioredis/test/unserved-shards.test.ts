import { testUnservedShards } from "../../../test/unserved-shards.ts";
import { connectCluster } from "../src/index.ts";

testUnservedShards(connectCluster);
