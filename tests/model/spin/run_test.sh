#!/usr/bin/env bash
# That the verdicts of run.sh can fail: with a spin, a gcc, a pan and a muster-explore which do what
# they are told to. No spin is needed.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin"
failed=0

# What spin makes is what it was told, and fails where that has $SPIN_FAILS_FOR in it.
cat >"$work/bin/spin" <<'END'
#!/bin/sh
[ "$1" = -a ] || exit 0
case "$* " in *"${SPIN_FAILS_FOR:-nothing} "*) echo "spin: error" && exit 1 ;; esac
[ -n "${SPIN_MAKES_NOTHING:-}" ] || echo "$* " >pan.c
END
cat >"$work/bin/gcc" <<'END'
#!/bin/sh
if grep -q -e "${GCC_FAILS_FOR:-nothing} " pan.c; then exit 1; fi
cp "$FAKES/pan" pan
END
cat >"$work/pan" <<'END'
#!/bin/sh
if [ -n "${MUSTER_REPLAY:-}" ]; then
  if [ "$MUSTER_REPLAY" = wrong.runs ]; then
    [ -z "${SAID_OF_WRONG-}" ] || echo "$SAID_OF_WRONG" >&2
    case "${WRONG:-1}" in
      0) ;;
      killed) kill -KILL $$ ;;
      *) echo "0 accepted with 0 events, 1 refused" && exit "${WRONG:-1}" ;;
    esac
  fi
  [ -z "${REPLAY_IS_KILLED:-}" ] || kill -KILL $$
  echo "${ACCEPTED:-1} accepted with 3 events, 0 refused"
  exit 0
fi
if grep -q -e "${KILLED_IN:-nothing} " pan.c; then
  echo "Depth= 10 States= 1e+06"
  kill -KILL $$
fi
[ -z "${ALSO:-}" ] || echo "$ALSO"
echo "State-vector 160 byte, depth reached 9, errors: ${ERRORS:-0}"
echo "     1234 states, stored"
END
# One run, of a case that has one way to be spoiled.
cat >"$work/explore" <<'END'
#!/bin/sh
while [ $# -gt 0 ]; do
  if [ "$1" = --record ]; then file=$2; fi
  shift
done
: >"$file"
if [ "${file##*/}" = random.runs ] && [ -z "${NO_RUNS:-}" ]; then
  printf '%s\n' "run kill 1" "world WORKERS=1" "client 0 word 0 killing 0 #1" end >"$file"
fi
[ -z "${EXPLORE_FAILS:-}" ]
END
chmod +x "$work/bin/"* "$work/pan" "$work/explore"
export FAKES=$work MUSTER_EXPLORE=$work/explore
refusal="refused: kill 1: event 2 of 3: worker 0 word 0 done #1"

# check EXIT PATTERN [NAME=VALUE...] ARGUMENT...: run.sh ends so, and says that in some line.
check() {
  local wanted=$1 pattern=$2 status=0
  shift 2
  local settings=()
  while [[ $1 == [A-Z]*=* ]]; do settings+=("$1") && shift; done
  env PATH="$work/bin:$PATH" "${settings[@]}" "$here/run.sh" "$@" >"$work/said" 2>&1 || status=$?
  [ "$status" = "$wanted" ] && grep -qE -e "$pattern" "$work/said" && return
  echo "run.sh $* (${settings[*]}): exit $status, not $wanted, or it does not say '$pattern':" >&2
  sed 's/^/  | /' "$work/said" >&2
  failed=1
}

proof="ok, exhaustive"
none="FAILED: there was no search"
check 0 "^a-small .* $proof" --only a-small
check 0 "^ends .* ok, no run is endless" --only ends
check 1 "^a-small .* $none" SPIN_FAILS_FOR=-DCANCELS=1 --only a-small
check 1 "^a-small .* $none" SPIN_MAKES_NOTHING=1 --only a-small
check 1 "^a-small .* $none" GCC_FAILS_FOR=-DCANCELS=1 --only a-small
check 1 "^a-small .* $none" KILLED_IN=-DCANCELS=1 --only a-small
check 1 "^a-small .* FAILED: pan:1: assertion" ERRORS=1 "ALSO=pan:1: assertion violated x" --only a-small
check 1 "^a-small .* FAILED: the search was cut short" "ALSO=pan: reached -DMEMLIM bound" --only a-small
check 2 'there is no configuration, mutant or witness "a-smal"' --only a-smal

# What was in order is not searched again, another model is, and what was not in order is not kept.
check 0 "^a-small .* $proof" --only a-small --keep "$work/kept"
check 0 "^a-small .* $proof" KILLED_IN=-DCANCELS=1 --only a-small --keep "$work/kept"
check 1 "^a-cancel .* $none" KILLED_IN=-DCANCELS=1 --only a-cancel --keep "$work/kept"
check 0 "^a-cancel .* $proof" --only a-cancel --keep "$work/kept"

two_threads=$(grep -cE '^[a-z-]+ *\| quick .* THREADS=2' "$here/run.sh")
# Of all worlds only those fail that are not searched: none takes another's words for its own.
for reason in SPIN_FAILS_FOR GCC_FAILS_FOR KILLED_IN; do
  check 1 "^c-small .* $none" "SAID_OF_WRONG=$refusal" "$reason=-DTHREADS=2" --quick
  if [ "$(grep -c "$none" "$work/said")" != "$two_threads" ] || ! grep -qE "^long .* $proof" "$work/said"; then
    echo "run.sh --quick: $reason fails for others than the worlds that have two threads" >&2
    failed=1
  fi
done

# A mutant is caught by what it breaks, in a world that is in order without it.
check 1 "^no_rouse .*NOT CAUGHT .no error" --only no_rouse
check 1 "^no_rouse .*NOT SHOWN" KILLED_IN=-DOBSERVED=1 --only no_rouse
check 1 "^no_rouse .*NOT SHOWN" "ALSO=pan: out of memory" --only no_rouse
check 1 "^no_rouse .*NOT CAUGHT" SPIN_FAILS_FOR=-DMUTANT_no_rouse --only no_rouse
check 1 "^no_tag_again .*NOT OCCURS" --only no_tag_again

# Runs are accepted, and refused, in the words that say so.
check 0 "^kill .* 0 refused  ok" "SAID_OF_WRONG=$refusal" --replay 1
check 0 "refused at event 2 of 3: worker 0 word 0 done" "SAID_OF_WRONG=$refusal" --replay 1
check 1 "^kill .*FAILED: there was no replay" SPIN_FAILS_FOR=-DREPLAY --replay 1
check 1 "^kill .*FAILED: there was no replay" GCC_FAILS_FOR=-DREPLAY --replay 1
check 1 "^kill .*FAILED: the replay was ended" REPLAY_IS_KILLED=1 "SAID_OF_WRONG=$refusal" --replay 1
check 1 "^kill .*FAILED: the replay was ended" ACCEPTED=7 "SAID_OF_WRONG=$refusal" --replay 1
check 1 "NOT REFUSED" WRONG=0 --replay 1
check 1 "NOT SHOWN: the replay was ended" WRONG=killed "SAID_OF_WRONG=$refusal" --replay 1
check 1 "NOT SHOWN: the replay was ended" "SAID_OF_WRONG=replay: not an event: x" WRONG=2 --replay 1
check 1 "NOT SHOWN: the replay was ended" --replay 1
check 1 "has written down no run" NO_RUNS=1 --replay 1
check 1 "NOT as it should be" EXPLORE_FAILS=1 --replay 1
exit $failed
