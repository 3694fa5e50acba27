/** A Lua file as its text: the build and the tests inline it. */
declare module "*.lua" {
	const source: string;
	export default source;
}
