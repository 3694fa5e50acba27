/** The file, in a server's directory, to which the server writes its process id. */
export const PID_FILE = "server.pid";

/** What to run: server options, {@link PID_FILE} among them, and files they name relative to the server's own directory. */
export interface Launch {
	/** The port the server listens on. */
	readonly port: number;
	/** A configuration file among `files`, for what options cannot say, then options. */
	readonly args: readonly string[];
	readonly files?: Readonly<Record<string, string>>;
}

/** One server's process or container: what can be done to it from outside. */
export interface Machine {
	/** `undefined` for a container, or while the process does not run. */
	readonly pid: number | undefined;
	readonly running: boolean;
	/** The process id that the server itself sees, by which its answers are told from those of a server that had the port first. */
	serverPid(): Promise<number | undefined>;
	/** What the server printed since it was first started. */
	log(): Promise<string>;
	/** Starts it again after {@link kill}, with the same port, options and directory. */
	start(): Promise<void>;
	/** Ends it without warning; resolves when it is gone. */
	kill(): Promise<void>;
	/** Stops it in its tracks: connections stay open, nothing is answered. */
	freeze(): Promise<void>;
	thaw(): Promise<void>;
	/** Ends it and removes all it left. */
	remove(): Promise<void>;
}

/** Where machines run; those of one host reach each other, and this process reaches them, on 127.0.0.1. */
export interface Host {
	/** The address its servers are to listen on. */
	readonly bind: string;
	launch(launch: Launch): Promise<Machine>;
	/** Removes every machine of the host, and what the host itself needed. */
	close(): Promise<void>;
}
