# Usage: figures.sh PROGRAM. Each scenario gives its figures, in small: every sum of results is
# checked by the program itself.
program=$1
. "$(dirname "$0")/lib.sh"

# cell CELL KEY...: the cell prints a number for each key.
cell() {
  local text=$1 key out
  shift
  out=$("$program" --cell "$text") || fail "$text: $out"
  for key in "$@"; do
    grep -qE "^$key [0-9.e+-]+\$" <<<"$out" || fail "$text printed no $key: $out"
  done
}

for pool in process thread; do
  cell "throughput,$pool,2,kept,20000" rate processor
  cell "throughput,$pool,2,windowed,20000" rate processor
  cell "latency,$pool,2,back to back,1000" p50 p99 p99.9
  cell "latency,$pool,2,after 1 ms,100" p50 p99 samples
  cell "map,$pool,2,,20000" item processor
  cell "start,$pool,2,,1" made first ended
done
cell "map,serial,0,,20000" item processor

for pool in process thread; do
  cell "transfer,$pool,2,64 MiB shared with a worker,1000" first again least times
  cell "transfer,$pool,2,64 MiB that a worker keeps,1000" first again least times
  cell "transfer,$pool,2,64 MiB back and looked at,1000" first again handed read least times
  cell "transfer,$pool,2,64 MiB back and shared,1000" first again handed read least times
done
cell "transfer,serial,0,64 MiB that a worker keeps,1000" first again least times

for pool in process thread asio async mutex moodycamel moodycamel-yield; do
  cell "throughput,$pool,2,kept,2000" rate processor
  cell "throughput,$pool,2,windowed,2000" rate processor
  cell "latency,$pool,2,back to back,100" p50 p99
  cell "transfer,$pool,2,64 MiB to a worker,1000" first again least times
  cell "transfer,$pool,2,64 MiB back,1000" first again handed read least times
  cell "balance,$pool,2,,4" time efficiency
  cell "mixed,$pool,2,,200" half most
  cell "start,$pool,2,,1" made first ended
done
for pool in process thread asio mutex moodycamel; do
  cell "growth,$pool,2,submitting threads,2000,0,4" rate processor
done
for peer in process thread pipe; do
  cell "growth,$peer,2,payload,10,4096,1" rate bytes
done
for peer in pipe pipe-batch message-queue fork; do
  cell "throughput,$peer,2,without futures,200" rate processor
  cell "latency,$peer,2,back to back,100" p50 p99
  cell "balance,$peer,2,,4" time efficiency
  cell "start,$peer,2,,1" made first ended
done
for peer in pipe fork; do
  cell "transfer,$peer,2,64 MiB to a worker,1000" first again least times
  cell "transfer,$peer,2,64 MiB back,1000" first again handed read least times
done
cell "gzip,process,2,,1000000" time speed size
cell "gzip,xargs,2,,1000000" time speed size

# Those that ./dev test does not install are checked where they are.
if_there() {
  local peer=$1
  shift
  "$program" --list | grep -q "^  $peer: .*; missing: " || cell "$@"
}
if_there tbb-enqueue "throughput,tbb-enqueue,2,kept,2000" rate processor
if_there tbb-group "throughput,tbb-group,2,without futures,2000" rate processor
for peer in py-threads py-processes py-pool loky pebble mpi4py; do
  if_there "$peer" "throughput,$peer,2,kept,200" rate processor
done
# They differ in how arrays travel.
for peer in py-processes loky mpi4py; do
  if_there "$peer" "transfer,$peer,2,64 MiB to a worker,1000" first again least times
  if_there "$peer" "transfer,$peer,2,64 MiB back,1000" first again handed read least times
done
if_there loky "transfer,loky,2,64 MiB shared with a worker,1000" first again least times
if_there loky "transfer,loky,2,64 MiB back and shared,1000" first again handed read least times
cell "syscalls,process,2,streaming,20000" thread_allocations client_allocations worker_allocations
cell "syscalls,process,2,kept,20000" thread_allocations client_allocations worker_allocations
cell "syscalls,process,2,overflow,20000" thread_allocations client_allocations worker_allocations
cell "many,process,2,1 thread submits,20000" submit rate memory shared bound rescued
cell "many,process,2,10 threads submit,20000" submit rate memory shared bound rescued
cell "many,process,2,all queued,20000" submit rate memory shared bound rescued
cell "many,process,2,arguments of 1 KiB,20000" submit rate memory shared bound rescued

"$program" --scenario micro --runs 2 --json "$work/figures.json" >"$work/out" ||
  fail "the micro-benchmarks: $(cat "$work/out")"
grep -q 'copy of a future  *[0-9]' "$work/out" || fail "no table: $(cat "$work/out")"
grep -q '"median": ' "$work/figures.json" || fail "no figures: $(cat "$work/figures.json")"

# Others are compared with the process pool, and a difference is told only where there is one.
"$program" --scenario throughput --peer process mutex --workers 1 --runs 3 \
  --json "$work/figures.json" >"$work/out" || fail "two peers: $(cat "$work/out")"
grep -qE 'mutex and .*(no real difference|times (better|worse))$' "$work/out" ||
  fail "nothing is compared: $(cat "$work/out")"
grep -q '"against_process_pool": ' "$work/figures.json" || fail "nothing is compared in the file"

# Percentiles of too few samples are left out, and after a pause all peers have as many.
out=$("$program" --cell 'latency,thread,2,after 1 ms,20') || fail "few samples: $out"
! grep -q '^p99' <<<"$out" || fail "a p99 of 20 samples: $out"
"$program" --scenario latency --peer thread mutex pipe --quick --runs 1 --json "$work/figures.json" \
  >"$work/out" || fail "latency: $(cat "$work/out")"
sizes=$(grep -A 2 '"variant": "after 1 ms"' "$work/figures.json" | grep '"size"' | sort | uniq -c)
[ "$(wc -l <<<"$sizes")" -eq 1 ] || fail "other numbers of samples: $sizes"

# Of system calls there are never fewer than none, and what does not count is said.
"$program" --scenario syscalls --quick --runs 1 --workers 1 --json "$work/figures.json" \
  >"$work/out" || fail "counts: $(cat "$work/out")"
! grep -qE ': -[0-9]|FAILED' "$work/out" "$work/figures.json" || fail "a count below zero, or none"
grep -q '"least_difference": 0.01' "$work/figures.json" || fail "no word of what does not count"

# Counts have runs enough to be compared.
"$program" --scenario many --quick --tasks 1000 --json "$work/figures.json" \
  >"$work/out" || fail "many: $(cat "$work/out")"
awk '/"runs": \[/ { runs = 0; counts = 1; next }
     counts && /\]/ { counts = 0; if (runs < 3) exit 1 }
     counts { ++runs }' "$work/figures.json" || fail "fewer than three runs: $(cat "$work/out")"

# What is slow runs three times if quick, and as often as is said where it is.
runs_of_gzip() {
  "$program" --scenario gzip --quick --peer xargs --workers 2 "$@" --json "$work/figures.json" \
    >"$work/out" || fail "gzip: $(cat "$work/out")"
  awk '/"runs": \[/ { counts = 1; next } /\]/ && counts { print runs; exit } counts { ++runs }' \
    "$work/figures.json"
}
[ "$(runs_of_gzip)" -eq 3 ] || fail "not three runs: $(cat "$work/out")"
[ "$(runs_of_gzip --runs 4)" -eq 4 ] || fail "not four runs: $(cat "$work/out")"

# A cell that fails is a line that says so, and the exit code.
if out=$("$program" --cell "throughput,nobody,2,kept,20"); then fail "an unknown peer: $out"; fi
grep -q '^error there is no peer "nobody"' <<<"$out" || fail "an unknown peer: $out"

# That others use the processors, too, is said when all has been measured.
(while :; do :; done) &
busy=$!
"$program" --scenario balance --peer serial --runs 2 --json "$work/figures.json" >"$work/out" ||
  fail "beside another program: $(cat "$work/out")"
kill "$busy"
grep -qE '"others used [0-9]+% of the processors' "$work/figures.json" || fail 'no word of others'
