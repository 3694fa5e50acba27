import { connect } from "node:net";
import { startServer } from "@rk/testing";

const server = await startServer({ proxied: true });

// The next INCR will run on the server, but its reply is lost and the connection reset.
const lost = server.proxy?.swallowReply("INCR");

// Here the client under test does its work at server.url; this one is a bare socket.
const socket = connect(server.port, server.host).on("error", () => {}); // it is reset
socket.write("INCR visits\r\n");

console.log(await lost); // true
console.log(server.proxy?.count("INCR")); // 1
console.log(await server.command("GET", "visits")); // 1

await server.stop();
