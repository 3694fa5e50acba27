import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";

/** What became of a connection. */
export type Ending = "open" | "ended" | `reset` | `refused`;

/** A bare socket to a server: what a client library would see, and nothing that hides it. */
export class PlainClient {
	readonly #socket: Socket;
	#received = "";
	#ending: Ending = "open";
	#changed: () => void = () => {};

	private constructor(socket: Socket) {
		this.#socket = socket;
		socket.setEncoding("latin1");
		socket.on("data", (text) => {
			this.#received += text;
			this.#changed();
		});
		socket.on("end", () => this.#end("ended"));
		socket.on("error", (error) => {
			this.#end("code" in error && error.code === "ECONNREFUSED" ? "refused" : "reset");
		});
	}

	static async connect(port: number, ca?: string): Promise<PlainClient> {
		const socket =
			ca === undefined ? connect(port, "127.0.0.1") : connectTls({ port, host: "127.0.0.1", ca });
		const client = new PlainClient(socket);
		await once(socket, ca === undefined ? "connect" : "secureConnect");
		return client;
	}

	get received(): string {
		return this.#received;
	}

	get ending(): Ending {
		return this.#ending;
	}

	send(...commands: readonly string[]): this {
		this.#socket.write(commands.map((command) => `${command}\r\n`).join(""));
		return this;
	}

	/** Resolves once the bytes received so far satisfy `enough`. */
	async until(enough: (received: string) => boolean): Promise<string> {
		while (!enough(this.#received)) {
			if (this.#ending !== "open") throw new Error(`${this.#ending} after ${JSON.stringify(this.#received)}`);
			await new Promise<void>((resolve) => {
				this.#changed = resolve;
			});
		}
		const { received } = this;
		this.#received = "";
		return received;
	}

	/** Sends one command and resolves with one line of its reply. */
	async ask(command: string): Promise<string> {
		return (await this.send(command).until((text) => text.endsWith("\r\n"))).trimEnd();
	}

	/** Resolves when the connection is over, with how it ended and all that came before. */
	async over(): Promise<{ ending: Ending; received: string }> {
		while (this.#ending === "open") {
			await new Promise<void>((resolve) => {
				this.#changed = resolve;
			});
		}
		return { ending: this.#ending, received: this.#received };
	}

	close(): void {
		this.#socket.destroy();
	}

	#end(ending: Ending): void {
		if (this.#ending === "open") this.#ending = ending;
		this.#changed();
	}
}
