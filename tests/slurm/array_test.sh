#!/usr/bin/env bash
# array_test.sh PROGRAM CASE: studies as job arrays on a real Slurm, and what goes wrong with them. Each case ends with the bytes
# that one run on one machine writes.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

fail() { printf 'FAILED: %s\n' "$*" >&2; tail -n +1 "my run"/logs/* "next.err" >&2 2>/dev/null || true; exit 1; }
# eventually SECONDS COMMAND...: until it succeeds.
eventually() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do [ $SECONDS -lt $end ] || fail "not after a while: $*"; sleep .1; done
}
state() { timeout 10 scontrol -o show job "$1" | grep -o 'JobState=[A-Z]*' | head -1 | cut -d= -f2; }
has_state() { [ "$(state "$1")" = "$2" ]; }
gone() { [ -z "$(timeout 10 squeue -h -j "$1" 2>/dev/null)" ]; }
some_batches() { [ "$(find "my run" -name 'batch-*.h5' 2>/dev/null | wc -l)" -ge "${1:-1}" ]; }
expect_in() { grep -qF -- "$1" "${@:2}" || fail "'$1' is not in ${*:2}"; }

# script SHARDS REPLICATES [MORE...]: what `twostage slurm` prints, unedited.
script() {
  "$program" slurm small.toml "replicates=$2" --out "my run" --shards "$1" --time 10 "${@:3}" > "my run.sh" 2>/dev/null
  "$program" run small.toml "replicates=$2" --out local.h5 2>/dev/null
}
# submit COMMAND...: sets `array` and `merge`.
submit() {
  local said
  said=$("$@")
  [[ $said =~ ^array\ ([0-9]+),\ then\ merge\ ([0-9]+)$ ]] || fail "the script says '$said'"
  array=${BASH_REMATCH[1]} merge=${BASH_REMATCH[2]}
}
expect_merged() {
  eventually 100 gone "$merge"
  has_state "$merge" COMPLETED || fail "the merge is $(state "$merge")"
  cmp "my run.h5" local.h5 || fail "other bytes than one run on one machine"
}
expect_cancelled_merge() {
  eventually 100 gone "$merge"
  has_state "$merge" CANCELLED || fail "the merge is $(state "$merge")"
  [ ! -e "my run.h5" ] || fail "a result of a part"
}
# expect_next SHARDS: that is what `status` says; then its command is run as it stands.
expect_next() {
  "$program" status "my run" > status.txt && fail "status says that all is done"
  expect_in "next     bash 'my run.sh' $1" status.txt
  submit bash -c "$(sed -n 's/^next     //p' status.txt)"
}

array_case() {
  script 6 20 --at-most 2
  submit bash "my run.sh"
  most=0
  until gone "$merge"; do
    now=$(squeue -h -r -t R -j "$array" 2>/dev/null | wc -l)
    [ "$now" -le "$most" ] || most=$now
    sleep .05
  done
  [ "$most" -le 2 ] || fail "$most tasks at a time"
  expect_merged
  "$program" status "my run" > status.txt || fail "status says that something is missing"
  [ "$(find "my run/logs" -name '*.log' | wc -l)" = 7 ] || fail "not a log for each shard and one for the merge"
  expect_in "small: shard 3/6 on n" "my run/logs/${array}_3.log"
}

# Something is in the way of one batch: its task fails with its reason in the log.
failing_case() {
  script 4 20
  "$program" run small.toml --into "my run" --shard 1/4 2>/dev/null
  mkdir "my run/batch-1.h5"
  submit bash "my run.sh"
  expect_cancelled_merge
  expect_in "batch-1.h5" "my run/logs/${array}_2.log"
  rmdir "my run/batch-1.h5"
  expect_next 2
  expect_merged
}

cancelled_case() {
  script 2 400
  submit bash "my run.sh"
  eventually 60 grep -qs "small: shard 2/2" "my run/logs/${array}_2.log"
  eventually 60 some_batches
  scancel "${array}_2"
  expect_cancelled_merge
  expect_in "small: shard 2/2" "my run/logs/${array}_2.log"
  expect_in "stopped; " "my run/logs/${array}_2.log"
  expect_next 2
  expect_in "--array=\"\${1:-1-2}%16\"" "my run.sh"
  expect_merged
  expect_in "resuming" "my run/logs/${array}_2.log"
}

# What the controller finds out after minutes is told it at once.
take_down() { scontrol update nodename="$1" state=down reason=trial; }
start_now() { scontrol update jobid="$1" starttime=now 2>/dev/null; }
restarted() { start_now "${array}_$1"; grep -qsF ", restart 1," "my run/logs/${array}_$1.log"; }

killed_node_case() {
  script 2 400 -- --exclusive
  submit bash "my run.sh"
  eventually 60 grep -qs "shard 1/2 on n1" "my run/logs/${array}_1.log"
  eventually 60 some_batches 4
  kill -9 "$(cat "$SLURM_TRIAL/node-n1")"
  take_down n1
  eventually 100 restarted 1
  expect_merged
  expect_in "shard 1/2 on n2, restart 1" "my run/logs/${array}_1.log"
  expect_in "resuming" "my run/logs/${array}_1.log"
}

# The node is thought dead and the task started anew, while the first copy works on: two writers of every batch.
frozen_node_case() {
  script 1 800 -- --exclusive
  submit bash "my run.sh"
  eventually 60 some_batches 4
  node=$(pgrep -P "$(cat "$SLURM_TRIAL/node-n1")")
  kill -STOP "$node"
  take_down n1
  eventually 60 restarted 1
  [ "$(pgrep -fc -- "$PWD/twostage run .*--shard 1/1")" = 2 ] || fail "not two copies at a time"
  expect_merged
  kill -CONT "$node"
}

swapped_binary_case() {
  script 2 400 --at-most 1
  submit bash "my run.sh"
  eventually 60 some_batches
  cp twostage first
  { cat first; echo; } > second
  chmod +x second
  mv second twostage
  expect_cancelled_merge
  expect_in "holds work of another build" "my run/logs/${array}_2.log"
  mv first twostage
  expect_next 2
  expect_merged
}

# Slurm says by USR1 that the time is nearly up: the task is queued again. Who cancels one does not want it back.
until_done_case() {
  script 2 400 --until-done
  submit bash "my run.sh"
  eventually 60 grep -qs "shard 1/2" "my run/logs/${array}_1.log"
  eventually 60 some_batches 4
  scancel --batch --signal=USR1 "${array}_1"
  eventually 60 restarted 1
  eventually 60 gone "${array}_1"
  expect_merged
  rm -r "my run" "my run.h5" "my run.run.json"
  submit bash "my run.sh"
  eventually 60 grep -qs "shard 1/2" "my run/logs/${array}_1.log"
  eventually 60 some_batches 4
  scancel "${array}_1"
  expect_cancelled_merge
  eventually 60 gone "$array"
  ! grep -q "restart" "my run/logs/${array}_1.log" || fail "a cancelled task came back"
}

if [ "${3:-}" != inside ]; then
  exec bash "$here/with-slurm.sh" 2 bash "$here/array_test.sh" "$1" "$2" inside
fi
work=$(mktemp -d)
trap 'cd /; rm -rf "$work"' EXIT
cd "$work"
cp "$1" twostage  # which a case may take away
program=$work/twostage
cat > small.toml <<'STUDY'
title = "Small"
question = "Does a cluster run?"
name = "small"
world = { family = "tokens", horizon = 3, degree = 1, headroom = 0.5 }
penalty = { kind = "reference-kl", lambda = 4.0 }
batch = 2
[[arms]]
name = "rm+plan"
algorithm = "rm+plan"
reward = { class = "degree" }
[[arms]]
name = "dpo"
algorithm = "dpo"
policy = { class = "tabular" }
[axes]
degree = [1, 3]
pairs = [20, 40]
[replicates]
paper = 20
[[claims]]
id = "ratio"
statement = "DPO's regret is larger."
interval = "ratio(regret['dpo'], regret['rm+plan']) in (1, inf) where degree == 1"
STUDY
"$2_case"
echo "$2: as one machine"
