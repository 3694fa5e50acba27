import { conformanceOn } from "./conformance.ts";

conformanceOn("sentinel");
