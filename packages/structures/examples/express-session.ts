import { connect } from "@rk/ioredis";
import { expressStore } from "@rk/structures/express-session";
import { createSessions } from "@rk/structures/sessions";
import express from "express";
import session, { type SessionData } from "express-session";

declare module "express-session" {
	interface SessionData {
		visits?: number;
		userId?: string;
	}
}

const redis = await connect({ url: process.env["REDIS_URL"] ?? "redis://localhost:6379" });
const sessions = createSessions<SessionData>(redis, { idleMs: 1_800_000, absoluteMs: 43_200_000 });
const store = expressStore(sessions, { userOf: ({ userId }) => userId });

const app = express();
app.use(session({ store, secret: "of your own", resave: false, saveUninitialized: false }));
app.get("/", (request, response) => {
	request.session.visits = (request.session.visits ?? 0) + 1;
	response.send(`visit ${request.session.visits}`);
});

const server = app.listen(0, "127.0.0.1");
await new Promise((resolve) => server.once("listening", resolve));
const address = server.address();
const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}/`;

const first = await fetch(url);
const cookie = first.headers.get("set-cookie")?.split(";")[0] ?? "";
console.log(await first.text(), await (await fetch(url, { headers: { cookie } })).text()); // visit 1 visit 2

server.closeAllConnections();
server.close();
await redis.close();
