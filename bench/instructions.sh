#!/usr/bin/env bash
# How many instructions an empty task costs the client and its worker, by callgrind:
#
#   bench/instructions.sh path/to/muster-bench [TASKS]
#
# Two runs of `throughput,process,1,windowed`, one with twice as many tasks; the difference is the
# tasks'. What a process executes only while it waits for the other (under valgrind mostly that) is
# left out: the functions that match one of `waiting`.
set -euo pipefail

die() {
  echo "instructions.sh: $*" >&2
  exit 1
}
usage='usage: bench/instructions.sh path/to/muster-bench [TASKS]'

[[ $# -eq 1 || $# -eq 2 ]] || die "$usage"
bench=$1
tasks=${2:-50000}
least=1000 most=10000000
[[ -f $bench && -x $bench ]] || die "$bench is no program; $usage"
if ! [[ $tasks =~ ^[1-9][0-9]{3,7}$ ]] || ((tasks < least || tasks > most)); then
  die "$tasks is not a number of tasks from $least to $most; $usage"
fi

worker_queue='BasicWorkerQueue<[^>]*>'
waiting=(
  "$worker_queue::spin\\("
  "$worker_queue::park\\("
  "$worker_queue::pop_until\\("
  'ProcessCore::wait_for_slot\('
  'detail::futex_wait\('
  'syscall'
)
pattern=$(IFS='|' && echo "${waiting[*]}")

for tool in valgrind nm; do
  command -v "$tool" > /dev/null || die "install $tool"
done
# A function that has got another name would be counted.
symbols=$(nm -C "$bench") || die "the symbols of $bench cannot be read"
for part in "${waiting[@]}"; do
  grep -qE -- "$part" <<< "$symbols" || die "no function of $bench matches '$part', so what is" \
    "executed while waiting would be counted: mend \`waiting\` in this script, or build $bench" \
    "with its symbols"
done

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
${CC:-cc} -O1 -shared -fPIC -o "$folder/pidfd.so" \
  "$(dirname "${BASH_SOURCE[0]}")/probes/pidfd_for_valgrind.c" -pthread

# Of a callgrind file: the sum of all instructions but those spent waiting, and the latter. The
# object's path behind a function is no part of its name.
instructions() {
  callgrind_annotate --auto=no --threshold=100 "$1" | awk -v waiting="$pattern" '
    { cost = $1; gsub(",", "", cost) }
    /PROGRAM TOTALS/ && !total { total = cost; next }
    { sub(/ \[[^]]*\]$/, "") }
    $0 ~ waiting { waits += cost }
    END { printf "%d %d\n", total - waits, waits }'
}

measure() { # TASKS: sets client and worker
  local run=$folder/$1 waits
  mkdir "$run"
  # A pool reserves as much address space as the limit allows, and valgrind has little.
  (ulimit -v $((16 * 1024 * 1024)) && LD_PRELOAD=$folder/pidfd.so exec timeout 300 \
    valgrind --tool=callgrind --callgrind-out-file="$run/%p" "$bench" \
    --cell "throughput,process,1,windowed,$1") > "$run.out" 2> "$run.err" || {
    cat "$run.err" "$run.out" >&2
    die 'the run under valgrind failed'
  }
  client='' worker=''
  for file in "$run"/*; do
    if grep -q 'ProcessTaskRunner::run' "$file"; then
      read -r worker waits < <(instructions "$file")
      # Under valgrind no worker is busy throughout.
      ((waits > 0)) || die "no waiting was seen in the worker: what it executes is counted wrong"
    elif grep -q 'ProcessCore::submit_small' "$file"; then
      read -r client waits < <(instructions "$file")
    fi
  done
  [[ -n $client && -n $worker ]] || die "the run under valgrind shows no client or no worker"
}

measure "$tasks"
first_client=$client first_worker=$worker
measure $((2 * tasks))
# Each run does as many tasks once more before them, to warm up.
awk -v c="$((client - first_client))" -v w="$((worker - first_worker))" -v n="$((2 * tasks))" \
  'BEGIN { printf "instructions per empty task: client %.0f, worker %.0f\n", c / n, w / n }'
