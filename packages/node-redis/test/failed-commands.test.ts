import { testFailedCommands } from "../../../test/failed-commands.ts";
import { connect } from "../src/index.ts";

testFailedCommands(connect);
