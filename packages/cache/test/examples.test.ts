import { testExamples } from "../../../test/examples.ts";

testExamples(import.meta.url);
