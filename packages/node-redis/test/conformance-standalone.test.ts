import { conformanceOn } from "./conformance.ts";

conformanceOn("standalone");
