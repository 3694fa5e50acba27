import { conformanceOn } from "./conformance.ts";

conformanceOn("cluster");
