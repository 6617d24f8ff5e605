#!/usr/bin/env bash
# studies_test.sh PROGRAM RESULTS: every study of the library, as small as `make smoke` runs it, as a job array of two shards and a merge on a
# Slurm of the test's own. What comes out has the SHA-256 of what one process made of it, which lies in RESULTS (results_setup.sh).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=support.sh
source "$here/support.sh"

if [ "${3:-}" != inside ]; then
  exec bash "$here/with-slurm.sh" 2 bash "$here/studies_test.sh" "$1" "$2" inside
fi
program=$1 results=$2
work=$(mktemp -d)
trap 'cd /; rm -rf "$work"' EXIT
cd "$work"
declare -A merges
for file in "$results"/*.h5; do
  run=$(basename "$file" .h5)
  "$program" slurm "$run" --preset smoke --out "$run" --shards 2 > "$run.sh" 2>/dev/null
  submit bash "$run.sh"
  merges[$run]=$merge
done
[ ${#merges[@]} -gt 0 ] || fail "there are no results in $results"
for run in "${!merges[@]}"; do
  eventually 600 gone "${merges[$run]}"
  [ -e "$run.h5" ] || fail "$run came to no result"
  here=$(sha256sum < "$run.h5") there=$(sha256sum < "$results/$run.h5")
  [ "$here" = "$there" ] || fail "$run: ${here%% *} on the cluster, ${there%% *} alone"
done
echo "${#merges[@]} studies: the same bytes as one process makes"
