import { testConnectOptionsTable } from "../../../test/connect-options-table.ts";

testConnectOptionsTable(import.meta.url);
