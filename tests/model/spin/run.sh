#!/usr/bin/env bash
# Has spin search the models of this folder. README.md says what each configuration is about.
#   run.sh [--quick]   the small configurations, and some runs of the code replayed
#   run.sh --full      all of them, and many runs
#   run.sh --mutants   each broken variant must be caught, in a world that is in order without it;
#                      and what worlds are said to come to must be seen to happen in them
#   run.sh --replay N [EVERY [CASE...]]
#                      N random runs of each case of muster-explore (or of these), and every so manieth
#                      (100th; 0: none) of all runs within small bounds, must be runs of the model,
#                      too; broken ones must not
#   run.sh --only NAME one configuration, mutant or witness; its trace is printed where it fails
# After it, --json FILE writes what was found there as well. With --keep FOLDER a search that was in
# order is kept there, and not made again for the same model: a run that was cut short goes on.
# Fails where a search finds an error, or ends before it has seen every state and is not declared to
# be one by bitstate; also where there was no search, or no replay, whose words could be read.
# MUSTER_MODEL_MEMORY: megabytes that a search may take, 12288 by default.
# MUSTER_EXPLORE: the program whose runs are replayed, build/release/tests/model/muster-explore.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
memory=${MUSTER_MODEL_MEMORY:-12288}
explore=${MUSTER_EXPLORE:-$here/../../../build/release/tests/model/muster-explore}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
results=$work/results   # one object of JSON a line
: >"$results"

for tool in spin gcc; do
  command -v "$tool" >/dev/null || { echo "run.sh: there is no $tool; apt-get install $tool" >&2; exit 77; }
done

# name | when | model | search | definitions
#   when: quick (and full), full
#   search: all, every state; bits, by bitstate: no proof; loops, every state, for endless loops
configurations() {
  cat <<'TABLE'
a-small              | quick | pool      | all  | WORKERS=2 SLOTS=3 TASKS=2 CRASHES=1 CANCELS=1
a-small-kill         | full  | pool      | all  | WORKERS=2 SLOTS=3 TASKS=2 CRASHES=1 KILLS=1
a-two-laps           | quick | pool      | all  | WORKERS=2 SLOTS=3 TASKS=4
a-cancel             | full  | pool      | all  | WORKERS=2 SLOTS=3 TASKS=3 CRASHES=1 CANCELS=1
a-kill               | full  | pool      | all  | WORKERS=2 SLOTS=3 TASKS=3 CRASHES=1 KILLS=1
a-three-laps         | full  | pool      | all  | WORKERS=2 SLOTS=3 CELLS=1 TASKS=3 CRASHES=1 CANCELS=1
a-three-laps-kill    | full  | pool      | all  | WORKERS=2 SLOTS=3 CELLS=1 TASKS=3 CRASHES=1 KILLS=1
a-retry              | full  | pool      | all  | WORKERS=2 SLOTS=3 TASKS=3 RETRIED=1 CRASHES=1
a-retry-cancel       | full  | pool      | bits | WORKERS=2 SLOTS=3 TASKS=3 RETRIED=1 CRASHES=1 CANCELS=1
a-retry-kill         | full  | pool      | bits | WORKERS=2 SLOTS=3 TASKS=3 RETRIED=1 CRASHES=1 KILLS=1
b-two-crashes        | quick | pool      | all  | WORKERS=1 SLOTS=3 TASKS=3 RETRIED=1 CRASHES=2 KILLS=1
b-supervisor         | quick | pool      | all  | WORKERS=1 SLOTS=3 TASKS=3 RETRIED=1 CRASHES=1 SUPERVISOR_DIES=1 KILLS=1
b-cancel-and-kill    | full  | pool      | all  | WORKERS=1 SLOTS=3 TASKS=3 RETRIED=1 CRASHES=2 CANCELS=1 KILLS=1
b-fine               | full  | pool      | all  | FINE WORKERS=1 SLOTS=2 TASKS=2 RETRIED=1 CRASHES=2 KILLS=1 CLOSES TWICE
b-fine-supervisor    | full  | pool      | all  | FINE WORKERS=1 SLOTS=2 TASKS=2 CRASHES=1 SUPERVISOR_DIES=1 KILLS=1 CLOSES
c-small              | quick | pool      | all  | WORKERS=2 SLOTS=2 TASKS=2 THREADS=2
c                    | full  | pool      | all  | WORKERS=2 SLOTS=3 TASKS=3 THREADS=2
no-tags              | quick | pool      | all  | WORKERS=1 SLOTS=2 TASKS=3 RETRIED=1 CRASHES=1 CANCELS=1 TAG_BITS=0 LATE_CLAIMS_ALLOWED
tags-wrap            | quick | pool      | all  | WORKERS=2 SLOTS=1 CELLS=1 TASKS=5 CRASHES=1 LATE_CLAIMS_ALLOWED
c-crash              | full  | pool      | all  | WORKERS=2 SLOTS=2 TASKS=2 THREADS=2 CRASHES=1
fine                 | full  | pool      | all  | FINE WORKERS=2 SLOTS=2 TASKS=2
fine-crash           | full  | pool      | all  | FINE WORKERS=2 SLOTS=2 TASKS=2 CRASHES=1
closes               | quick | pool      | all  | WORKERS=2 SLOTS=2 TASKS=2 CRASHES=1 CLOSES TWICE
long                 | quick | pool      | all  | WORKERS=2 SLOTS=3 TASKS=3 CELLS=4 LONG
long-full-ring       | quick | pool      | all  | WORKERS=2 SLOTS=3 TASKS=3 LONG
long-no-membarrier   | quick | pool      | all  | WORKERS=2 SLOTS=3 TASKS=3 LONG NO_MEMBARRIER
long-fine            | full  | pool      | all  | FINE WORKERS=2 SLOTS=2 TASKS=2 CELLS=4 LONG
long-three           | full  | pool      | all  | WORKERS=3 SLOTS=3 TASKS=3 CELLS=4 LONG NO_MEMBARRIER
three-workers        | full  | pool      | all  | WORKERS=3 SLOTS=3 TASKS=2 CRASHES=1
slow-start           | quick | pool      | all  | WORKERS=2 SLOTS=2 TASKS=2 CRASHES=1 SLOW_START
limited              | quick | pool      | all  | WORKERS=2 SLOTS=2 TASKS=3 LIMIT=1 SLOW_START
breaks               | quick | pool      | all  | WORKERS=2 SLOTS=2 TASKS=2 CRASHES=1 KILLS=1 BREAKS
breaks-three         | full  | pool      | all  | WORKERS=2 SLOTS=3 TASKS=3 CRASHES=1 BREAKS
no-membarrier        | quick | pool      | all  | WORKERS=2 SLOTS=3 TASKS=3 NO_MEMBARRIER
refused-later        | quick | pool      | all  | WORKERS=2 SLOTS=2 TASKS=2 REFUSED_LATER
ends                 | quick | pool      | loops | WORKERS=2 SLOTS=2 TASKS=2
ends-crash           | full  | pool      | loops | WORKERS=2 SLOTS=2 TASKS=2 CRASHES=1
att-crash            | quick | attention | all  | WORKERS=1 WAITERS=1 OBSERVED=1 CRASHES=1
att-retry            | full  | attention | all  | WORKERS=1 WAITERS=2 OBSERVED=0 CRASHES=1 RETRIES=1
att-supervisor       | quick | attention | all  | WORKERS=1 WAITERS=2 OBSERVED=0 SUPERVISOR_DIES=1
att-stray            | quick | attention | all  | WORKERS=1 WAITERS=2 OBSERVED=0 LONG
att-two-workers      | full  | attention | all  | WORKERS=2 SLOTS=2 WAITERS=2 OBSERVED=0
att-three-tasks      | full  | attention | all  | WORKERS=1 WAITERS=2 OBSERVED=1
att-two-wait         | full  | attention | all  | WORKERS=1 WAITERS=2 OBSERVED=0 SECOND_LOOK
TABLE
}

# name | model | definitions | property that it breaks | what spin says then
mutants() {
  cat <<'TABLE'
deaf_sleeper             | pool      | WORKERS=2 SLOTS=2 TASKS=2 CRASHES=1 CLOSES | no lost wake-up | invalid end state
held_back_unfenced       | pool      | WORKERS=2 SLOTS=3 TASKS=3 CELLS=4 LONG | no task waits behind a long one while a worker sleeps | invalid end state
no_fence_in_depart       | pool      | WORKERS=2 SLOTS=2 TASKS=2 LIMIT=1 SLOW_START | no task waits for a successor while a worker sleeps | invalid end state
unswept_forgotten        | pool      | WORKERS=2 SLOTS=3 TASKS=3 LONG NO_MEMBARRIER | no task waits behind a long one while a worker sleeps | invalid end state
rouse_before_release     | attention | WORKERS=1 WAITERS=1 OBSERVED=0 SUPERVISOR_DIES=1 | nobody sleeps for ever in a broken pool | invalid end state
hint_before_pending      | pool      | WORKERS=2 SLOTS=2 TASKS=2 | no task is lost | invalid end state
no_sweep_after_death     | pool      | WORKERS=1 SLOTS=2 TASKS=2 CRASHES=1 | no task is lost | invalid end state
epoch_after_scan         | pool      | WORKERS=1 SLOTS=3 TASKS=4 CRASHES=1 | no task is lost | invalid end state
no_fence_in_publish      | pool      | WORKERS=2 SLOTS=2 TASKS=2 | no lost wake-up | invalid end state
no_full_fence_in_publish | pool      | WORKERS=2 SLOTS=2 TASKS=2 NO_MEMBARRIER | no lost wake-up | invalid end state
no_fence_in_park         | pool      | WORKERS=2 SLOTS=2 TASKS=2 | no lost wake-up | invalid end state
no_second_look           | pool      | WORKERS=2 SLOTS=2 TASKS=2 | no lost wake-up | invalid end state
no_chain_of_wakes        | pool      | WORKERS=2 SLOTS=3 TASKS=3 CELLS=4 LONG NO_MEMBARRIER | no task waits behind a long one while a worker sleeps | invalid end state
announce_after_swap      | pool      | WORKERS=2 SLOTS=3 TASKS=3 CELLS=4 LONG NO_MEMBARRIER | no task waits behind a long one while a worker sleeps | invalid end state
dead_not_forgotten       | pool      | WORKERS=2 SLOTS=2 TASKS=2 CRASHES=1 SLOW_START | no lost wake-up | invalid end state
no_pause_when_refused    | pool      | WORKERS=2 SLOTS=2 TASKS=2 REFUSED_LATER | no lost wake-up | invalid end state
epoch_not_noted          | pool      | WORKERS=1 SLOTS=2 TASKS=2 CRASHES=1 | nobody looks for work for ever | non-progress cycle
signal_before_killing    | pool      | WORKERS=1 SLOTS=2 TASKS=2 KILLS=1 | no innocent task is killed | assertion violated
done_by_plain_store      | pool      | WORKERS=1 SLOTS=2 TASKS=2 KILLS=1 | each task ends once | assertion violated
same_tag_on_retry        | pool      | WORKERS=1 SLOTS=2 TASKS=2 CRASHES=2 RETRIED=1 | whoever comes late hits nothing | assertion violated
admitted_before_told     | pool      | FINE WORKERS=1 SLOTS=2 TASKS=2 CRASHES=1 SUPERVISOR_DIES=1 | nothing runs after the pool was broken | assertion violated
attention_before_finish  | attention | WORKERS=1 WAITERS=1 OBSERVED=1 | nobody sleeps for ever on a task that ended | invalid end state
no_rouse                 | attention | WORKERS=1 WAITERS=1 OBSERVED=1 | nobody sleeps for ever on a task that ended | invalid end state
no_bell                  | attention | WORKERS=1 WAITERS=1 OBSERVED=1 | the pump hears of what it asked for | invalid end state
pump_does_not_look       | attention | WORKERS=1 WAITERS=1 OBSERVED=1 | the pump hears of what it asked for | invalid end state
waiter_bit_taken_back    | attention | WORKERS=1 WAITERS=2 OBSERVED=0 | nobody sleeps for ever on a task that ended: a late one restores the word | invalid end state
no_tag_in_attention      | attention | WORKERS=1 WAITERS=2 OBSERVED=0 LONG | nobody sleeps on another's task | invalid end state
TABLE
}

# What worlds are there for, denied: each denial must be found wrong, so what it denies occurs.
witnesses() {
  cat <<'TABLE'
no_third_lap             | pool      | WORKERS=2 SLOTS=3 CELLS=1 TASKS=3 | the bit of a cell's lap comes back to what it was, and a worker takes that hint | assertion violated
no_tag_again             | pool      | WORKERS=2 SLOTS=1 CELLS=1 TASKS=5 LATE_CLAIMS_ALLOWED | a hint meets its own tag again, in a later publication | assertion violated
TABLE
}

# trim VARIABLE...: without the spaces around them. A process for each would take most of the time of
# the small searches.
trim() {
  local variable
  for variable; do
    local -n text=$variable
    text=${text#"${text%%[! ]*}"}
    text=${text%"${text##*[! ]}"}
  done
}

# make_pan OPTION... -- DEFINITION...: $work/pan, of $work/model.pml. Of the one before it and of what
# it said nothing is left, so that nothing of it is taken for this one's.
make_pan() {
  local options=()
  while [ "$1" != -- ]; do options+=("$1") && shift; done
  shift
  (
    cd "$work" || exit
    rm -f pan pan.? out replay.out refused ./*.trail
    : >out
    if ! spin -a "${@/#/-D}" model.pml >spin.out 2>&1 || [ ! -s pan.c ]; then
      echo "run.sh: spin made no search of it:" >&2
      cat spin.out >&2
      exit 1
    fi
    gcc -w "${options[@]}" -o pan pan.c || {
      echo "run.sh: gcc could not compile what spin made" >&2
      exit 1
    }
  )
}

# search MODEL KIND DEFINITION...: leaves pan's words in $work/out: none, where there was no search.
search() {
  local model=$1 kind=$2 options=(-O2 -DNOFAIR -DVECTORSZ=512) run=(-m2000000)
  shift 2
  case "$kind" in
    all) options+=(-DSAFETY -DCOLLAPSE) ;;
    bits) options+=(-DSAFETY -DBITSTATE) run+=(-w35 -k3) ;;
    # Nothing in the models is progress, so every loop is found, and no fairness is presumed.
    loops) options+=(-DNP -DCOLLAPSE) run+=(-l) ;;
  esac
  cp "$here/$model.pml" "$work/model.pml"
  make_pan "${options[@]}" "-DMEMLIM=$memory" -- "$@" || return 0
  # What decides what is found: the search that spin has made, how it is compiled and started. The
  # limit of memory decides only whether it is found.
  local kept=""
  [ -z "$keep" ] ||
    kept=$keep/$(cd "$work" && { cat pan.?; echo "${options[@]}" "${run[@]}"; } | sha256sum | cut -d' ' -f1)
  if [ -n "$kept" ] && [ -f "$kept" ]; then
    cp "$kept" "$work/out"
    return
  fi
  # Its exit code says nothing of what it found; its words do, and they are looked at.
  (cd "$work" && ./pan "${run[@]}" >out 2>&1) || true
  [ -z "$kept" ] || ! came_to "$kind" >/dev/null || { cp "$work/out" "$kept.new" && mv "$kept.new" "$kept"; }
}

# What the search came to, in a few words; 1 where it has not seen everything, or an error.
came_to() {
  local kind=$1
  if ! grep -qE '^ *[0-9.e+]+ states, stored' "$work/out"; then
    echo "FAILED: there was no search, or it was ended"
  elif ! grep -q 'errors: 0$' "$work/out"; then
    echo "FAILED: $(grep -m1 -E '^pan:1:|^pan: (out of|reached)|error' "$work/out" | cut -c1-160)"
  elif grep -qE 'max search depth too small|out of memory|reached -DMEMLIM|Search not completed' "$work/out"; then
    echo "FAILED: the search was cut short"
  else
    case "$kind" in
      all) echo "ok, exhaustive" ;;
      bits) echo "ok as far as bitstate saw" ;;
      loops) echo "ok, no run is endless" ;;
    esac
    return 0
  fi
  return 1
}

number() { sed -nE "s/.*$1.*/\1/p" "$work/out" | head -1; }

# What a search came to, in one line; 1 where it is no proof and not declared to be none.
report() {
  local name=$1 kind=$2 what=${3:-} states transitions depth megabytes seconds verdict status=0 sort
  states=$(number '^ *([0-9.e+]+) states, stored')
  transitions=$(number '^ *([0-9.e+]+) transitions')
  depth=$(number 'depth reached ([0-9]+)')
  megabytes=$(number '^ *([0-9.]+)[[:space:]]total actual memory')
  seconds=$(number 'elapsed time ([0-9.e+]+) seconds')
  verdict=$(came_to "$kind") || status=1
  case "$kind" in
    all) sort=exhaustive ;;
    bits) sort=bitstate ;;
    loops) sort="endless loops" ;;
  esac
  printf '%-18s %11s states %12s transitions  depth %6s %8s MB %7s s  %s\n' \
    "$name" "${states:-?}" "${transitions:-?}" "${depth:-?}" "${megabytes:-?}" "${seconds:-0}" "$verdict"
  result "$(printf '"kind": "configuration", "name": "%s", "what": "%s", "search": "%s", "states": %s, "depth": %s, "megabytes": %s, "seconds": %s, "verdict": "%s"' \
    "$name" "$what" "$sort" "${states:-0}" \
    "${depth:-0}" "${megabytes:-0}" "${seconds:-0}" "${verdict//\"/}")" "$status"
  return $status
}

# result FIELDS STATUS: one more object for --json.
result() {
  printf '{%s, "errors": %s}\n' "$1" "$2" >>"$results"
}

show_trace() {
  [ ! -f "$work/model.pml.trail" ] || (cd "$work" && spin -t -p -g "${@/#/-D}" model.pml)
}

# run_configurations quick, full or NAME
run_configurations() {
  local which=$1 failed=0 name when model kind definitions
  while IFS='|' read -r name when model kind definitions; do
    trim name when model kind
    case "$which" in
      quick) [ "$when" = quick ] || continue ;;
      full) ;;
      *) [ "$name" = "$which" ] || continue ;;
    esac
    # shellcheck disable=SC2086
    search "$model" "$kind" $definitions
    report "$name" "$kind" "$model: $definitions" || {
      failed=1
      # shellcheck disable=SC2086
      [ "$which" != "$name" ] || show_trace $definitions
    }
  done < <(configurations)
  return $failed
}

# The same world without what breaks it must be in order. Each is searched once.
declare -A in_order
holds_otherwise() {
  local model=$1 kind=$2 definitions=$3 world="$*"
  if [ -z "${in_order[$world]:-}" ]; then
    # shellcheck disable=SC2086
    search "$model" "$kind" $definitions
    in_order[$world]=no
    ! came_to "$kind" >/dev/null || in_order[$world]=yes
  fi
  [ "${in_order[$world]}" = yes ]
}

# The error that a search has found, in spin's words; nothing where it has found none.
error_found() {
  if grep -qE '^ *[0-9.e+]+ states, stored' "$work/out"; then
    sed -nE 's/^pan:1: ([a-z -]*[a-z]).*/\1/p' "$work/out" | head -1
  fi
}

# run_broken TABLE PREFIX WORD [NAME]: each row of the table, built with PREFIX_name, must fail in
# the words that stand there, and its world must not fail without.
run_broken() {
  local table=$1 prefix=$2 word=$3 only=${4:-} failed=0 name model definitions property words
  local found switch caught kind
  while IFS='|' read -r name model definitions property words; do
    trim name model property words
    [ -z "$only" ] || [ "$name" = "$only" ] || continue
    switch=${prefix}_$name kind=all found='' caught=1
    [ "$words" != "non-progress cycle" ] || kind=loops
    if ! holds_otherwise "$model" "$kind" "$definitions"; then
      printf '%-25s NOT SHOWN: its world fails without it\n' "$name"
    else
      # shellcheck disable=SC2086
      search "$model" "$kind" $definitions $switch
      found=$(error_found)
      if [ "$found" = "$words" ]; then
        printf '%-25s %s: %s (%s)\n' "$name" "$word" "$property" "$found"
        caught=0
      else
        printf '%-25s NOT %s (%s)\n' "$name" "${word^^}" "${found:-no error}"
      fi
    fi
    [ $caught = 0 ] || failed=1
    result "\"kind\": \"$table\", \"name\": \"$name\", \"what\": \"$property\", \"found\": \"${found:-}\"" "$caught"
    # shellcheck disable=SC2086
    [ -z "$only" ] || show_trace $definitions $switch
  done < <("$table")
  return $failed
}

# ---- runs of the code ----

# build_replay WORLD: $work/pan then replays runs in this world ("WORKERS=1 SLOTS=2 ...").
build_replay() {
  local definitions
  read -ra definitions <<<"$1"
  cp "$here/pool.pml" "$work/model.pml"
  cp "$here/replay.h" "$work/"
  make_pan -O0 -DSAFETY -DNOREDUCE -DNOFAIR -DVECTORSZ=1024 "-DMEMLIM=$memory" -- \
    "${definitions[@]}" FINE REPLAY CLOSES CRASHES=4 SUPERVISOR_DIES=1 TAG_BITS=3
}

# replay FILE: 0, all its runs are runs of the world that was built last; 1, some are refused, and
# $work/refused says at which event; 2, neither: there are none, or nothing was said of them.
replay() {
  local runs status=0
  (
    cd "$work" || exit
    rm -f replay.out refused
    MUSTER_REPLAY=$1 exec ./pan -E -m200000 -w16 >replay.out 2>refused
  ) || status=$?
  runs=$(grep -c '^run ' "$work/$1") || return 2
  ! grep -qE 'max search depth too small|out of memory|reached -DMEMLIM' "$work/replay.out" || return 2
  case $status in
    0) [[ $(tail -1 "$work/replay.out") =~ ^"$runs accepted with "[0-9]+" events, 0 refused"$ ]] || return 2 ;;
    1) grep -qE '^refused: .*: event [0-9]+ of [0-9]+: ' "$work/refused" || return 2 ;;
    *) return 2 ;;
  esac
  return $status
}

# runs_of WORLD FILE
runs_of() {
  awk -v world="world $1" '/^run /{head = $0; next}
    /^world /{on = $0 == world; if (on) print head}
    on' "$2"
}

# name | the case whose runs it spoils | awk, for the lines of a run: sets `done` where it has
wrong_runs() {
  cat <<'TABLE'
a claim of a tag that was never published | one-worker | !done && /^worker 0 word . running/ { sub(/#.*/, "#3"); done = 1 } { print }
a claim without a hint, a sweep or a reservation | one-worker | !done && /^client 0 word . pending/ { print; sub(/^client/, "worker"); sub(/pending/, "running 0"); done = 1 } { print }
a finish after the kill | kill | { print } !done && /^client 0 word . killing/ { sub(/^client 0/, "worker 0"); sub(/killing 0/, "done"); print; done = 1 }
a death for a kill that nobody asked for | one-worker | { print } !done && /^worker 0 word . running/ { print "worker 0 dies of a signal"; done = 1 }
the hint before the task | one-worker | !done && /^client 0 word . pending/ { held = $0; done = 1; next } { print } held != "" { print held; held = "" }
hints taken before they are announced | one-worker | !done && /^worker 0 reserved-count 0 1/ { held = $0; done = 1; next } { print } held != "" { print held; held = "" }
no wake of a worker that sleeps | one-worker | /^worker 0 sleeps/ { asleep = 1 } !done && asleep && /^client 0 park 0 woken/ { held = $0; next } held != "" && /^client 0 wakes 0/ { held = held "\n" $0; next } held != "" { if (/^worker 0 sleepers 0/) done = 1; else print held; held = "" } { print }
a death without a sweep | one-worker | !done && /^supervisor epoch/ { done = 1; next } { print }
a second attempt without permission | one-worker | { print } !done && /^worker 0 word . done/ { sub(/done/, "running 0"); print; done = 1 }
a slot given back before its task has ended | one-worker | { print } !done && /^worker 0 word . running/ { sub(/^worker/, "client"); sub(/running.*/, "free"); print; done = 1 }
a dead worker counted as awake | one-worker | /^worker 0 dies/ { dead = 1 } !done && dead && /^supervisor sleepers/ { done = 1; next } { print }
the message of a death before its word | retry | !done && /^supervisor word . died/ { sub(/word 0 died.*/, "tells of a death in 0 died"); done = 1 } { print }
TABLE
}

# A run of the case that has what is spoiled: the first one for which the awk program says so.
spoil() {
  local file=$1 case=$2 program=$3
  awk -v want="run $case" '/^run /{n++; keep = index($0, want " ") == 1}
    keep {print > (FILENAME ".one." n)}' "$file"
  local run
  for run in "$file".one.*; do
    [ -f "$run" ] || return 1
    if awk "$program END { exit !done }" "$run" >"$work/wrong.runs"; then
      rm -f "$file".one.*
      return 0
    fi
  done
  rm -f "$file".one.*
  return 1
}

# run_replay RUNS EVERY [CASE...]: so many random runs of each case, or of these, and every so manieth
# of all within the bounds of the tests, if that is not 0.
run_replay() {
  local runs=$1 every=$2 cases=("${@:3}") failed=0 world worlds name words accepted said
  [ -x "$explore" ] || {
    echo "run.sh: there is no $explore; ./dev build release --target muster-explore makes it" >&2
    exit 2
  }
  [ ${#cases[@]} = 0 ] || cases=(--case "${cases[@]}")
  : >"$work/every.runs"
  if ! {
    "$explore" "${cases[@]}" --level full --random "$runs" --record "$work/random.runs" &&
      { [ "$every" = 0 ] ||
        "$explore" "${cases[@]}" --level test --every "$every" --record "$work/every.runs"; }
  } >"$work/explore.out"; then
    cat "$work/explore.out" >&2
    return 1
  fi
  cat "$work/random.runs" "$work/every.runs" >"$work/all.runs"
  worlds=$(grep '^world' "$work/all.runs" | sort -u) || {
    echo "run.sh: $explore has written down no run" >&2
    return 1
  }
  while read -r _ world; do
    runs_of "$world" "$work/all.runs" >"$work/world.runs"
    name=$(sed -nE 's/^run ([^ ]*) .*/\1/p' "$work/world.runs" | sort -u | paste -sd ' ')
    accepted=''
    if ! build_replay "$world"; then
      words="FAILED: there was no replay"
    else
      said=0
      replay world.runs || said=$?
      accepted=$(tail -1 "$work/replay.out")
      case $said in
        0) words=ok ;;
        1) words="FAILED: the model does not do what the code does" ;;
        *) words="FAILED: the replay was ended" ;;
      esac
    fi
    [ "$words" = ok ] || failed=1
    printf '%-22s %s  %s\n' "$name" "$accepted" "$words"
    if [ "$words" != ok ] && [ -n "$accepted" ]; then
      head -3 "$work/refused" >&2
      grep -m1 '^pan:1:' "$work/replay.out" >&2 || true
    fi
    result "\"kind\": \"replay\", \"name\": \"$name\", \"what\": \"$world\", \"found\": \"$accepted\"" \
      "$([ "$words" = ok ] && echo 0 || echo 1)"
    run_wrong "$name" || failed=1
  done <<<"$worlds"
  return $failed
}

# Those of the broken runs that are in the world that was built last.
run_wrong() {
  local held=" $1 " failed=0 name case program words said
  while IFS='|' read -r name case program; do
    trim name case
    [[ $held == *" $case "* ]] || continue
    if ! spoil "$work/world.runs" "$case" "$program"; then
      words="NOT SHOWN: no run of $case has what it spoils"
    else
      said=0
      replay wrong.runs || said=$?
      case $said in
        0) words="NOT REFUSED" ;;
        1) words="refused at $(sed -nE 's/^refused: .*: (event .*)/\1/p' "$work/refused" | head -1)" ;;
        *) words="NOT SHOWN: the replay was ended" ;;
      esac
    fi
    [[ $words == refused* ]] || failed=1
    printf '  %-48s %s\n' "$name" "$words"
    result "\"kind\": \"wrong run\", \"name\": \"$name\", \"what\": \"$case\", \"found\": \"$words\"" \
      "$([[ $words == refused* ]] && echo 0 || echo 1)"
  done < <(wrong_runs)
  return $failed
}

usage() {
  sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}" >&2
  exit 2
}

mode=--quick argument='' every=100 cases=() json='' keep=''
while [ $# -gt 0 ]; do
  case "$1" in
    --quick | --full | --mutants) mode=$1 ;;
    --only) mode=$1 argument=${2:?run.sh --only NAME} && shift ;;
    --replay)
      mode=$1 argument=${2:?run.sh --replay N} && shift
      if [[ ${2:-} =~ ^[0-9]+$ ]]; then
        every=$2 && shift
        while [[ ${2:---} != --* ]]; do cases+=("$2") && shift; done
      fi
      ;;
    --json) json=${2:?run.sh --json FILE} && shift ;;
    --keep)
      mkdir -p "${2:?run.sh --keep FOLDER}"
      keep=$(realpath "$2") && shift
      ;;
    *) usage ;;
  esac
  shift
done
if [ "$mode" = --only ] &&
  ! { configurations && mutants && witnesses; } | sed -E 's/ *\|.*//' | grep -Fqx -e "$argument"; then
  echo "run.sh: there is no configuration, mutant or witness \"$argument\"; the tables in run.sh have them all" >&2
  exit 2
fi
begin=$SECONDS
status=0
case "$mode" in
  --quick)
    run_configurations quick || status=1
    run_replay 50 0 || status=1
    ;;
  --full)
    run_configurations full || status=1
    run_replay 5000 20 || status=1
    ;;
  --replay) run_replay "$argument" "$every" "${cases[@]}" || status=1 ;;
  --mutants)
    run_broken mutants MUTANT caught || status=1
    run_broken witnesses WITNESS occurs || status=1
    ;;
  --only)
    run_configurations "$argument" || status=1
    run_broken mutants MUTANT caught "$argument" || status=1
    run_broken witnesses WITNESS occurs "$argument" || status=1
    ;;
esac
if [ -n "$json" ]; then
  {
    printf '{"schema": 1, "mode": "%s", "seconds": %d, "results": [\n' "$mode" $((SECONDS - begin))
    sed '$!s/$/,/' "$results"
    printf ']}\n'
  } >"$json"
fi
echo "$((SECONDS - begin)) s, $([ $status = 0 ] && echo "all as it should be" || echo "NOT as it should be")"
exit $status
