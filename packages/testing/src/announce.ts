const told = new Set<string>();

/** Says on stderr which server is used; the same line once per process. */
export function announce(what: string): void {
	if (told.has(what)) return;
	told.add(what);
	process.stderr.write(`@rk/testing: ${what}\n`);
}
