# shellcheck shell=bash disable=SC2154
# What tests on a Slurm have in common; they source it inside with-slurm.sh, in a scratch folder. `$program` is twostage, `$run` the folder
# of the run at hand, and its script and result lie beside it.

fail() {
  printf 'FAILED: %s\n' "$*" >&2
  { tail -n +1 "$run"/logs/*; timeout 10 squeue -a; tail -n 30 "$SLURM_TRIAL/log/slurmctld"; } >&2 2>/dev/null || true
  exit 1
}

# eventually SECONDS COMMAND...: until it succeeds.
eventually() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do [ $SECONDS -lt $end ] || fail "not after a while: $*"; sleep .1; done
}

state() { timeout 10 scontrol -o show job "$1" | grep -o 'JobState=[A-Z]*' | head -1 | cut -d= -f2; }
has_state() { [ "$(state "$1")" = "$2" ]; }
# A job that Slurm has forgotten is gone; nobody knows of one while Slurm does not answer.
gone() { [ -z "$(timeout 10 squeue -h -j "$1" 2>/dev/null || { [ $? != 124 ] || echo unknown; })" ]; }
some_batches() { [ "$(find "$run" -name 'batch-*.h5' 2>/dev/null | wc -l)" -ge "${1:-1}" ]; }
logged() { grep -qsF -- "$1" "$run/logs/$2.log"; }
expect_in() { grep -qF -- "$1" "${@:2}" || fail "'$1' is not in ${*:2}"; }

# submit COMMAND...: sets `array` and `merge`.
submit() {
  local said
  said=$("$@")
  [[ $said =~ ^array\ ([0-9]+),\ then\ merge\ ([0-9]+)$ ]] || fail "the script says '$said'"
  array=${BASH_REMATCH[1]} merge=${BASH_REMATCH[2]}
}

# The job ended well, and its result has the bytes of the file that is named.
expect_merged() {
  eventually 100 gone "$merge"
  has_state "$merge" COMPLETED || fail "the merge is $(state "$merge")"
  cmp "$run.h5" "$1" || fail "other bytes than one run on one machine"
}

# All tasks are over, and what depended on them was not begun.
expect_cancelled_merge() {
  eventually 100 gone "$merge"
  has_state "$merge" CANCELLED || fail "the merge is $(state "$merge")"
  [ ! -e "$run.h5" ] || fail "a result of a part"
  eventually 100 gone "$array"
}
