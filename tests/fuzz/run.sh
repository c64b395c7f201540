#!/usr/bin/env bash
# Runs the fuzz targets, each from its corpus and for so many seconds, and prints a line for each.
#
#   tests/fuzz/run.sh [--json FILE] [--build FOLDER] [--corpus FOLDER] [--seed N] [SECONDS] [TARGET...]
#
# 60 seconds each unless told otherwise, as many at a time as there are processors (MUSTER_JOBS). The
# corpus is not changed: what is new lies in a copy, which --corpus names, else it is temporary. The
# seed is fixed, so a run can be repeated as far as time permits.
#
# Exit code: 1 where a target crashed, hung (10 s an input) or took more than 2 GiB. Then the input
# is kept, and the command that repeats it is printed.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
json='' build=$root/build/fuzz corpus='' seed=1 seconds=60 targets=()

die() {
  echo "run.sh: $*" >&2
  exit 2
}

while [ $# -gt 0 ]; do
  case "$1" in
    --json | --build | --corpus | --seed)
      [ $# -gt 1 ] || die "$1 needs a value."
      printf -v "${1#--}" %s "$2"
      shift 2
      ;;
    -*) die "There is no option $1." ;;
    *[!0-9]*)
      [ -d "$here/corpus/$1" ] || die "There is no target $1; there are $(cd "$here/corpus" && echo *)."
      targets+=("$1")
      shift
      ;;
    *)
      seconds=$1
      shift
      ;;
  esac
done
[ ${#targets[@]} -gt 0 ] || mapfile -t targets < <(cd "$here/corpus" && printf '%s\n' *)

work=$(mktemp -d "${TMPDIR:-/tmp}/muster-fuzz.XXXXXX")
trap 'rm -rf "$work"' EXIT
crashes=$build/crashes
mkdir -p "$crashes"

# Without it a stack of its own for each thread is searched at every exception that is thrown, which
# is most of what targets do.
export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_stack_use_after_return=0

# One target: its log and what it found are in $work.
fuzz() {
  local target=$1 dictionary=() own=$work/corpus/$1
  [ -z "$corpus" ] || own=$corpus/$target
  mkdir -p "$own" "$work/crashes/$target"
  [ ! -f "$here/$target.dict" ] || dictionary=("-dict=$here/$target.dict")
  # What it finds goes into the first folder; the second is read alone.
  "$build/tests/fuzz/fuzz-$target" "$own" "$here/corpus/$target" "${dictionary[@]}" \
    "-max_total_time=$seconds" "-seed=$seed" -max_len=4096 -len_control=20 -timeout=10 \
    -rss_limit_mb=2048 -detect_leaks=1 -print_final_stats=1 -verbosity=1 \
    "-artifact_prefix=$work/crashes/$target/" >"$work/$target.log" 2>&1 || echo $? >"$work/$target.failed"
}

# stat TARGET NAME: of libFuzzer's last words; 0 where it had none.
stat() {
  awk -v name="stat::$2:" '$1 == name { value = $2 } END { print value + 0 }' "$work/$1.log"
}

# branches TARGET first|last: how many it had reached by then; the first time, by its corpus.
branches() {
  awk -v which="$2" '{
    for (i = 1; i < NF; ++i) if ($i == "cov:" && (which == "last" || !value)) value = $(i + 1)
  } END { print value + 0 }' "$work/$1.log"
}

running=0
for target in "${targets[@]}"; do
  [ -x "$build/tests/fuzz/fuzz-$target" ] || die "$build/tests/fuzz/fuzz-$target is not built: ./dev fuzz does."
  if [ "$running" -ge "${MUSTER_JOBS:-$(nproc)}" ]; then
    wait -n || true
    running=$((running - 1))
  fi
  fuzz "$target" &
  running=$((running + 1))
done
wait

crashed=0 rows=''
printf '%-14s %12s %9s %9s %9s %7s %7s\n' target executions 'exec/s' 'branches' 'at end' new crashes
for target in "${targets[@]}"; do
  executions=$(stat "$target" number_of_executed_units)
  rate=$(stat "$target" average_exec_per_sec)
  new=$(stat "$target" new_units_added)
  first=$(branches "$target" first)
  last=$(branches "$target" last)
  known=$(find "$here/corpus/$target" -type f | wc -l)
  found=0
  for input in "$work/crashes/$target"/*; do
    [ -f "$input" ] || continue
    found=$((found + 1))
    cp "$input" "$crashes/$target-${input##*/}"
    # A sanitizer shows the memory around the fault last, and what it was before that.
    grep -E '^SUMMARY: ' "$work/$target.log" >&2 || true
    tail -n 40 "$work/$target.log" >&2
    echo "$target: to repeat it: $build/tests/fuzz/fuzz-$target $crashes/$target-${input##*/}" >&2
  done
  # It did not even come to an input: that is no pass.
  if [ -f "$work/$target.failed" ] && [ "$found" -eq 0 ] || [ "$executions" -eq 0 ]; then
    found=$((found + 1))
    tail -n 40 "$work/$target.log" >&2
    echo "$target: ended with exit code $(cat "$work/$target.failed" 2>/dev/null || echo 0)" >&2
  fi
  crashed=$((crashed + found))
  printf '%-14s %12d %9d %9d %9d %7d %7d\n' \
    "$target" "$executions" "$rate" "$first" "$last" "$new" "$found"
  rows+=${rows:+,}$(printf '\n    {"name": "%s", "executions": %d, "executions_per_second": %d, "corpus": %d, "branches_of_corpus": %d, "branches": %d, "new_units": %d, "slowest_unit_seconds": %d, "peak_rss_mb": %d, "crashes": %d}' \
    "$target" "$executions" "$rate" "$known" "$first" "$last" "$new" "$(stat "$target" slowest_unit_time_sec)" \
    "$(stat "$target" peak_rss_mb)" "$found")
done

if [ -n "$json" ]; then
  commit=$(git -C "$root" rev-parse HEAD 2>/dev/null || echo unknown)
  printf '{\n  "schema": 1,\n  "program": "fuzz",\n  "commit": "%s",\n  "seconds_each": %d,\n  "seed": %d,\n  "crashes": %d,\n  "targets": [%s\n  ]\n}\n' \
    "$commit" "$seconds" "$seed" "$crashed" "$rows" >"$json"
fi
[ "$crashed" -eq 0 ]
