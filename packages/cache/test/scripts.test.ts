import { testScripts } from "../../../test/scripts.ts";
import * as scripts from "../src/scripts.ts";

testScripts(new URL("../src/lua/", import.meta.url), scripts);
