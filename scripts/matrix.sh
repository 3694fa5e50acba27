#!/usr/bin/env bash
# Runs the suite once on each server, or once on each Node.js.
#
#   scripts/matrix.sh servers PATH… [-- VITEST-ARGS…]
#       PATH is a server program (redis-server, valkey-server, or a launcher of one), or a folder: then every
#       program in it whose name ends in `-server`.
#   scripts/matrix.sh nodes [VERSION…] [-- VITEST-ARGS…]
#       Without versions: this machine's, then one each of 22, 24 and 26 (Linux only; fetched from npm into .cache).
#
# Arguments after `--` go to vitest, as `-- --project @rk/ioredis conformance`.
# Ends with one line of totals for each run; exits non-zero when one failed.
set -uo pipefail

root=$(realpath "$(dirname "$0")/..")

usage() {
	sed -n '2,/^set/{/^#/!d;s/^# \{0,1\}//;p}' "$root/scripts/matrix.sh"
	exit 2
}

start=$PWD
kind=${1:-}
shift || usage
subjects=()
while [[ $# -gt 0 && $1 != -- ]]; do
	subjects+=("$1")
	shift
done
shift || true # the `--`, when there is one; the rest is vitest's

results=()
failed=0
# suite NAME COMMAND…: runs vitest by COMMAND and keeps its totals under NAME.
suite() {
	local name=$1 output totals
	shift
	printf '\n== %s\n' "$name"
	output=$(mktemp)
	"$@" 2>&1 | tee "$output" || failed=1
	totals=$(grep -E '^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' "$output" | tail -n 1)
	results+=("$(printf '%-24s %s' "$name" "${totals:-no summary}")")
	rm -f "$output"
}

cd "$root" || exit 1
vitest=node_modules/vitest/vitest.mjs

servers() {
	local path program programs=()
	for path in "${subjects[@]}"; do
		path=$(cd "$start" && realpath -s "$path")
		if [[ -d $path ]]; then
			while IFS= read -r program; do programs+=("$program"); done < <(
				find "$path" -maxdepth 1 -name '*-server' -executable ! -type d | sort
			)
		else
			programs+=("$path")
		fi
	done
	[[ ${#programs[@]} -gt 0 ]] || usage
	for path in "${programs[@]}"; do
		if [[ ! -x $path ]]; then
			echo "not a program: $path" >&2
			exit 2
		fi
		RK_REDIS_SERVER=$path suite "$(basename "$path")" node "$vitest" run "$@"
	done
}

nodes() {
	local version arch folder
	[[ ${#subjects[@]} -gt 0 ]] || {
		suite "node $(node -p process.versions.node)" node "$vitest" run "$@"
		subjects=(22.23.3 24.21.0 26.10.0)
	}
	arch=$(node -p process.arch)
	for version in "${subjects[@]}"; do
		# The platform's package of the `node` family on npm: the program alone, nothing runs on install.
		folder=.cache/node-$version
		if [[ ! -x $folder/node_modules/.bin/node ]]; then
			npm install --no-save --prefix "$folder" "node-linux-$arch@$version" || exit 1
		fi
		PATH="$PWD/$folder/node_modules/.bin:$PATH" suite "node $version" node "$vitest" run "$@"
	done
}

case $kind in
	servers) servers "$@" ;;
	nodes) nodes "$@" ;;
	*) usage ;;
esac

printf '\n'
printf '%s\n' "${results[@]}"
exit "$failed"
