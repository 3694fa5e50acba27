/** For the tests of `@rk/client`, which `@rk/testing` depends on and which therefore cannot depend on it. */
export { startServer, type TestServer } from "@rk/testing";
