#!/usr/bin/env bash
# How many instructions an empty task costs the client and its worker, by callgrind:
#
#   bench/instructions.sh path/to/muster-bench [TASKS]
#
# Two runs of `throughput,process,1,windowed`, one with twice as many tasks; the difference is the
# tasks'. What a process executes only while it waits for the other (under valgrind mostly that) is
# left out: the functions named in `waiting`.
set -euo pipefail

bench=${1:?usage: bench/instructions.sh path/to/muster-bench [TASKS]}
tasks=${2:-50000}
waiting='WorkerQueue::spin|WorkerQueue::park|WorkerQueue::pop_until|ProcessCore::wait_for_slot|futex_wait|syscall'

command -v valgrind > /dev/null || { echo "instructions.sh: install valgrind" >&2; exit 1; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
${CC:-cc} -O1 -shared -fPIC -o "$folder/pidfd.so" \
  "$(dirname "${BASH_SOURCE[0]}")/probes/pidfd_for_valgrind.c" -pthread

# Sum of the instructions in a callgrind file, and of those spent waiting.
instructions() {
  callgrind_annotate --threshold=100 "$1" | awk -v waiting="$waiting" '
    / \(100\.0%\)|PROGRAM TOTALS/ && !total { line = $1; gsub(",", "", line); total = line }
    $0 ~ waiting { cost = $1; gsub(",", "", cost); waits += cost }
    END { printf "%d\n", total - waits }'
}

measure() { # TASKS: sets client and worker
  local run=$folder/$1
  mkdir "$run"
  # A pool reserves as much address space as the limit allows, and valgrind has little.
  (ulimit -v $((16 * 1024 * 1024)) && LD_PRELOAD=$folder/pidfd.so exec timeout 300 \
    valgrind --tool=callgrind --callgrind-out-file="$run/%p" "$bench" \
    --cell "throughput,process,1,windowed,$1") > "$run.out" 2> "$run.err" || {
    cat "$run.err" >&2
    echo "instructions.sh: the run under valgrind failed" >&2
    exit 1
  }
  client= worker=
  for file in "$run"/*; do
    if grep -q 'ProcessTaskRunner::run' "$file"; then
      worker=$(instructions "$file")
    elif grep -q 'ProcessCore::submit_small' "$file"; then
      client=$(instructions "$file")
    fi
  done
  [[ -n $client && -n $worker ]] || { echo "instructions.sh: no counts in $run" >&2; exit 1; }
}

measure "$tasks"
first_client=$client first_worker=$worker
measure $((2 * tasks))
# Each run does as many tasks once more before them, to warm up.
awk -v c="$((client - first_client))" -v w="$((worker - first_worker))" -v n="$((2 * tasks))" \
  'BEGIN { printf "instructions per empty task: client %.0f, worker %.0f\n", c / n, w / n }'
