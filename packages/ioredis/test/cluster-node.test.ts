import { testClusterNode } from "../../../test/cluster-node.ts";
import { connect } from "../src/index.ts";

testClusterNode(connect);
