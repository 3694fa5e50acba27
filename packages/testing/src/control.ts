import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { ControlConnectionError, ReplyError } from "./errors.ts";
import { decodeReply, encodeCommand, replyEnd, type TestReply } from "./resp.ts";

const TIMEOUT_MS = 15_000;

/** Where a server is and how to be let in. */
export interface ServerAddress {
	readonly host: string;
	readonly port: number;
	/** Sent first on every connection, such as AUTH; an error reply ends the connection. */
	readonly greeting?: readonly (readonly string[])[];
	/** Given for a server that speaks TLS: the certificate to trust, or `true` for the system's. */
	readonly ca?: string | true | undefined;
}

interface Answer {
	readonly resolve: (reply: TestReply) => void;
	readonly reject: (error: Error) => void;
}

interface Waiting extends Answer {
	readonly deadline: NodeJS.Timeout;
}

/**
 * A connection for the tests' own use, apart from the clients under test. It connects when first used and again
 * after a loss, and keeps the process alive only while a command is on its way.
 */
export class Control {
	readonly #address: ServerAddress;
	#socket: Socket | undefined;
	#waiting: Waiting[] = [];
	#received: Buffer = Buffer.alloc(0);

	constructor(address: ServerAddress) {
		this.#address = address;
	}

	/**
	 * @throws {ReplyError} the server's error reply
	 * @throws {ControlConnectionError} no connection, or none any more, or no reply within 15 s
	 */
	async command(...args: readonly (string | number)[]): Promise<TestReply> {
		const socket = this.#socket ?? this.#open();
		const reply = await new Promise<TestReply>((resolve, reject) => {
			this.#send(socket, args, { resolve, reject });
		});
		if (reply instanceof ReplyError) throw new ReplyError(reply.message);
		return reply;
	}

	close(): void {
		this.#lose(this.#socket, new ControlConnectionError("The control connection was closed"));
	}

	#open(): Socket {
		const { host, port, ca, greeting = [] } = this.#address;
		const socket =
			ca === undefined
				? connect({ host, port, noDelay: true })
				: connectTls({ host, port, ...(ca === true ? {} : { ca }) });
		this.#socket = socket;
		this.#received = Buffer.alloc(0);
		const where = `${host}:${port}`;
		socket.on("error", (cause) =>
			this.#lose(
				socket,
				new ControlConnectionError(`Control connection to ${where}: ${cause.message}`, { cause }),
			),
		);
		socket.on("close", () =>
			this.#lose(socket, new ControlConnectionError(`${where} closed the control connection`)),
		);
		socket.on("data", (chunk: Buffer) => this.#receive(socket, chunk));
		for (const command of greeting) {
			this.#send(socket, command, {
				// At once, not by a promise: the reply to the command after it may have come with it.
				resolve: (reply) => {
					if (!(reply instanceof ReplyError)) return;
					const message = `${where} refused ${command[0]}: ${reply.message}`;
					this.#lose(socket, new ControlConnectionError(message, { cause: reply }));
				},
				reject: () => {}, // the loss reaches the command that opened the connection
			});
		}
		return socket;
	}

	#send(socket: Socket, args: readonly (string | number)[], answer: Answer): void {
		const late = new ControlConnectionError(`No reply to ${args[0]} within ${TIMEOUT_MS} ms`);
		const deadline = setTimeout(() => this.#lose(socket, late), TIMEOUT_MS).unref();
		this.#waiting.push({ ...answer, deadline });
		socket.ref();
		socket.write(encodeCommand(args));
	}

	#receive(socket: Socket, chunk: Buffer): void {
		this.#received = Buffer.concat([this.#received, chunk]);
		let at = 0;
		while (socket === this.#socket && at < this.#received.length) {
			if (replyEnd(this.#received, at) < 0) break;
			const { value, end } = decodeReply(this.#received, at);
			at = end;
			const waiting = this.#waiting.shift();
			clearTimeout(waiting?.deadline);
			waiting?.resolve(value);
		}
		this.#received = this.#received.subarray(at);
		if (this.#waiting.length === 0) socket.unref();
	}

	#lose(socket: Socket | undefined, error: Error): void {
		if (socket === undefined || socket !== this.#socket) return;
		this.#socket = undefined;
		const waiting = this.#waiting;
		this.#waiting = [];
		socket.destroy();
		for (const { reject, deadline } of waiting) {
			clearTimeout(deadline);
			reject(error);
		}
	}
}
