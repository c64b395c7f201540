#!/bin/bash
# measure.sh SCALING_MEASURE FILE.json [OPTION ...]: all that scaling-simulate needs to know of this
# machine, and the rates that it is checked by. Options are those of `rates`. It takes some three
# minutes; nothing else should run.
set -eu
program=$1 file=$2
shift 2
ranks() {
  local count=$1
  shift
  mpirun --allow-run-as-root --oversubscribe --bind-to none -n "$count" "$@"
}
rm -f "$file"
"$program" --json "$file" machine --fact "commit=$(git rev-parse --short=12 HEAD)"
ranks 2 "$program" --json "$file" messages --network "shared memory"
ranks 2 --mca btl tcp,self "$program" --json "$file" messages --network tcp
ranks 2 "$program" --json "$file" tasks
ranks 2 "$program" --json "$file" rates "$@"
ranks 3 "$program" --json "$file" rates "$@"
for count in 2 3; do
  ranks $count "$program" --json "$file" rates --sleeping --length 50000 200000 1000000 10000000 "$@"
done
