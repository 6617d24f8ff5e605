#!/usr/bin/env bash
# array_test.sh PROGRAM HELD_DISK CASE: a study as a job array on a real Slurm, and what goes wrong with one. Each case ends with the bytes
# that one run on one machine writes.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
run="my run"
# shellcheck source-path=SCRIPTDIR source=support.sh
source "$here/support.sh"

# script SHARDS [MORE...]: what `twostage slurm` prints, unedited, and the file that is to come out.
script() {
  "$program" slurm "$study" --out "$run" --shards "$1" --time 10 "${@:2}" > "$run.sh" 2>/dev/null
  [ -e local.h5 ] || "$program" run "$study" --out local.h5 2>/dev/null || [ "$study" = failing.toml ]
}
# Tasks submitted from now on stop after four batches, until they are let go.
hold() { touch held; export LD_PRELOAD=$held_disk HELD_WHILE=$work/held ASAN_OPTIONS=verify_asan_link_order=0; }
let_go() { rm held; }
# The program of a shard, and whether it took a SIGTERM: its handler serves once.
processes() { pgrep -f -- "^$work/twostage run .*--into $work/$run --shard $1\$"; }
took_term() {
  local caught
  caught=$(sed -n 's/^SigCgt:\t//p' "/proc/$(processes "$1")/status") && (((0x$caught >> 14 & 1) == 0))
}
# expect_next COMMAND: that is what `status` says, and it is run as it stands.
expect_next() {
  "$program" status "$run" > status.txt && fail "status says that all is well"
  expect_in "next     $1" status.txt
  PATH=$work:$PATH bash -c "$(sed -n 's/^next     //p' status.txt)"
}

# In a folder of a name that a shell, Slurm and a terminal would each read in a way of its own.
array_case() {
  run=$'it\'s 100% "my" $HOME %j ü=1'
  script 6 --at-most 2 'pairs=[20, 40]'
  ! bash "$run.sh" 3 5 2>/dev/null || fail "of two words with shards the first alone is taken"
  submit bash "$run.sh"
  most=0
  until gone "$merge"; do
    now=$(squeue -h -r -t R -j "$array" 2>/dev/null | wc -l)
    [ "$now" -le "$most" ] || most=$now
    sleep .05
  done
  [ "$most" -le 2 ] || fail "$most tasks at a time"
  expect_merged local.h5
  "$program" status "$run" > status.txt || fail "status says that something is missing"
  [ "$(find "$run/logs" -name '*.log' | wc -l)" = 7 ] || fail "not a log for each shard and one for the merge"
  expect_in "small: shard 3/6 on n" "$run/logs/${array}_3.log"
}

# Something is in the way of one batch: its task fails with its reason in the log.
obstacle_case() {
  script 4
  "$program" run "$study" --into "$run" --shard 1/4 2>/dev/null
  mkdir "$run/batch-1.h5"
  submit bash "$run.sh"
  expect_cancelled_merge
  expect_in "batch-1.h5" "$run/logs/${array}_2.log"
  rmdir "$run/batch-1.h5"
  submit expect_next "bash 'my run.sh' 2"
  expect_merged local.h5
}

# Two mazes that cannot be drawn fail in shard 2. Their tasks end with 1, so that somebody looks before there is a result; the others
# are done, and the merge that `status` asks for takes them as they are, and says so by its exit code.
failed_fit_case() {
  study=failing.toml
  script 2
  submit bash "$run.sh"
  expect_cancelled_merge
  has_state "${array}_1" COMPLETED || fail "shard 1 is $(state "${array}_1")"
  has_state "${array}_2" FAILED || fail "shard 2 is $(state "${array}_2")"
  expect_in "my run: 4 new replicates, 0 kept, 2 fits failed" "$run/logs/${array}_2.log"
  expect_next "twostage merge 'my run' --out 'my run.h5'" && fail "the merge does not say that fits failed"
  expect_in "failed   2 fits, the first at replicate 3: world" status.txt
  cmp "$run.h5" local.h5 || fail "other bytes than one run on one machine"
  # To submit it again changes nothing.
  submit bash "$run.sh" 2
  eventually 100 gone "$merge"
  expect_in "my run: 0 new replicates, 4 kept, 2 fits failed" "$run/logs/${array}_2.log"
  "$program" status "$run" > status.txt && fail "status forgets fits that failed"
  expect_in "result   my run.h5" status.txt
}

cancelled_case() {
  script 2
  hold
  submit bash "$run.sh"
  eventually 60 some_batches 8
  scancel "${array}_2"
  eventually 60 took_term 2/2
  let_go
  expect_cancelled_merge
  expect_in "my run: stopped; " "$run/logs/${array}_2.log"
  submit expect_next "bash 'my run.sh' 2"
  expect_merged local.h5
  expect_in "resuming" "$run/logs/${array}_2.log"
}

# What the controller finds out after minutes is told it at once.
take_down() { scontrol update nodename="$1" state=down reason=trial; }
# A task that is queued again waits for two minutes, unless it is told to start; in the second in which it ended its node would refuse it.
restarted() {
  logged ", restart 1," "${array}_$1" && return
  if timeout 10 squeue -h -t PD -O Reason -j "${array}_$1" 2>/dev/null | grep -q BeginTime; then
    sleep 2
    scontrol update jobid="${array}_$1" starttime=now
  fi
  return 1
}

killed_node_case() {
  script 2 -- --exclusive
  hold
  submit bash "$run.sh"
  eventually 60 some_batches 8
  expect_in "shard 1/2 on n1" "$run/logs/${array}_1.log"
  kill -9 "$(cat "$SLURM_TRIAL/node-n1")"
  take_down n1
  let_go
  eventually 100 restarted 1
  expect_merged local.h5
  expect_in "shard 1/2 on n2, restart 1" "$run/logs/${array}_1.log"
  expect_in "resuming" "$run/logs/${array}_1.log"
}

# The node is thought dead and the task started anew, while the first copy works on: two writers of every batch.
frozen_node_case() {
  script 1 -- --exclusive
  hold
  submit bash "$run.sh"
  eventually 60 some_batches 4
  node=$(pgrep -P "$(cat "$SLURM_TRIAL/node-n1")")
  kill -STOP "$node"
  take_down n1
  eventually 60 restarted 1
  [ "$(processes 1/1 | wc -l)" = 2 ] || fail "not two copies at a time"
  let_go
  expect_merged local.h5
  kill -CONT "$node"
}

swapped_binary_case() {
  script 2 --at-most 1
  hold
  submit bash "$run.sh"
  eventually 60 some_batches 4
  cp twostage first
  { cat first; echo; } > second
  chmod +x second
  mv second twostage
  let_go
  expect_cancelled_merge
  expect_in "holds work of another build" "$run/logs/${array}_2.log"
  mv first twostage
  submit expect_next "bash 'my run.sh' 2"
  expect_merged local.h5
}

# Slurm says by USR1 that the time is nearly up: the task is queued again. Who cancels one does not want it back.
until_done_case() {
  script 2 --until-done
  hold
  submit bash "$run.sh"
  eventually 60 some_batches 8
  scancel --batch --signal=USR1 "${array}_1"
  eventually 60 took_term 1/2
  let_go
  eventually 60 restarted 1
  expect_merged local.h5
  expect_in "resuming" "$run/logs/${array}_1.log"
  rm -r "$run" "$run.h5" "$run.run.json"
  hold
  submit bash "$run.sh"
  eventually 60 some_batches 8
  scancel "${array}_1"
  eventually 60 took_term 1/2
  let_go
  expect_cancelled_merge
  ! grep -q "restart" "$run/logs/${array}_1.log" || fail "a cancelled task came back"
}

# The time limit of Slurm itself, at its least, a minute: three tasks that it meets in the middle of their work. One stops and is
# queued again, one stops, and one does not stop in time.
time_limit_case() {
  local -A arrays merges
  for run in again stops slow; do
    more=()
    [ "$run" != again ] || more=(--until-done)
    script 1 "${more[@]}"
  done
  hold
  for run in again stops slow; do
    touch "held.$run"
    HELD_WHILE=$work/held.$run submit bash "$run.sh"
    arrays[$run]=$array merges[$run]=$merge
    eventually 60 some_batches 4
    scontrol update jobid="$array" timelimit=1
  done
  of() { run=$1 array=${arrays[$1]} merge=${merges[$1]}; }
  for run in again stops slow; do eventually 100 took_term 1/1; done
  rm held.again held.stops
  let_go  # for those that come
  of again
  eventually 60 restarted 1
  expect_merged local.h5
  of stops
  expect_cancelled_merge
  expect_in "stops: stopped; " "$run/logs/${array}_1.log"
  submit expect_next "bash stops.sh 1"
  expect_merged local.h5
  of slow
  expect_cancelled_merge
  has_state "$array" TIMEOUT || fail "the slow one is $(state "$array")"
  submit expect_next "bash slow.sh 1"
  expect_merged local.h5
}

if [ "${4:-}" != inside ]; then
  exec bash "$here/with-slurm.sh" 2 bash "$here/array_test.sh" "$1" "$2" "$3" inside
fi
work=$(mktemp -d)
trap 'cd /; rm -rf "$work"' EXIT
cd "$work"
cp "$1" twostage  # which a case may take away
program=$work/twostage held_disk=$2 study=small.toml
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
cat > failing.toml <<'STUDY'
title = "Failing"
question = "What becomes of a fit that fails?"
name = "failing"
# One goal and one move: in a maze so large a start beside the goal is rarely drawn, and in replicates 3 and 7 never.
world = { family = "maze", width = 40, height = 40, walls = 0.5, goals = 1, horizon = 1 }
penalty = { kind = "reference-kl", lambda = 4.0 }
pairs = 20
replicates = 8
batch = 2
[[arms]]
name = "dpo"
algorithm = "dpo"
policy = { class = "tabular" }
STUDY
"$3_case"
echo "$3: as one machine"
