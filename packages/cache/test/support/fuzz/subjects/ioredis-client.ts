import { Redis } from "ioredis";
import type { SubjectSettings } from "./subject.ts";

/** For libraries that know one server, and ioredis. */
export function openIoredis({ urls, topology }: SubjectSettings): Redis {
	const [url] = urls;
	if (url === undefined || topology !== "server") throw new Error("This subject needs one server");
	return new Redis(url);
}
