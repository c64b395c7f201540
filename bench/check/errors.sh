# Usage: errors.sh PROGRAM. What muster-bench cannot do is a sentence on standard error and an exit
# code, and nothing is measured before.
program=$1
. "$(dirname "$0")/lib.sh"
measured='tasks'
# An interpreter that has all and ends as soon as it is to do something.
printf '#!/bin/sh\ncase "$*" in *--missing) exit 0 ;; esac\nkill -SEGV $$\n' >"$work/crashing"
chmod +x "$work/crashing"

refuses 2 'there is no scenario "nothing"' --scenario nothing
refuses 2 'there is no scenario "nothing"' --scenario map nothing
refuses 2 'there is no peer "nobody"' --peer nobody
refuses 2 'there is no peer "py-x*"' --peer thread 'py-x*'
refuses 1 'no scenario of these measures such a peer' --scenario many --peer mutex
refuses 2 '0 is not a whole number from 1' --workers 0
refuses 2 '-1 is not a whole number from 1' --workers -1
refuses 2 'x is not a whole number from 1' --runs x
refuses 2 '0 is not a whole number from 1' --tasks 0
refuses 2 'nowhere' --nowhere
refuses 1 "cannot write $work/none/figures.json" --json "$work/none/figures.json"

refuses 2 'json: it is empty' --json ''
refuses 2 'cell: it is empty' --cell ''
refuses 2 'is given twice' --html "$work/same" --svg "$work/same"
refuses 2 'writes no file' --cell start,thread,2,,1 --json "$work/figures.json"

# A cell that there is not.
no_cell() {
  if "$program" --cell "$1" >"$work/out" 2>"$work/err"; then fail "$1 was measured"; fi
  grep -q "^error .*$2" "$work/out" || fail "$1: $(cat "$work/out")"
}
no_cell 'latency,process,1,back to back,0' 'at least once'
no_cell 'growth,process,2,queued tasks,100,0,0' 'at least once'
no_cell 'throughput,pipe,0,without futures,10' 'needs a worker'
no_cell 'throughput,process,2,bogus,100' 'is not played as "bogus"'

# Peers that are missing are told of in the list, in tables, and when one is asked for.
missing() {
  MUSTER_BENCH_PYTHON=/nonexistent/python3 "$program" "$@" >"$work/out" 2>"$work/err"
}
missing --list || fail "--list fails where peers are missing"
grep -q 'loky: loky; missing: install python3' "$work/out" || fail "--list names no missing peer"
missing --scenario start --peer loky async --runs 1 || fail "a missing peer is no failure"
grep -q 'loky: missing: install python3' "$work/out" || fail "the table names no missing peer"
grep -q 'std::async  *[0-9]' "$work/out" || fail "the peers that are there were not measured"
if missing --cell "start,loky,2,,1"; then fail "a missing peer was measured"; fi
grep -q '^error loky is missing: install python3' "$work/out" || fail "an unclear cell"

# One that crashes is a line that says so, the others are measured, and the exit code tells.
code=0
MUSTER_BENCH_PYTHON=$work/crashing "$program" --scenario start --peer py-pool async --runs 1 \
  >"$work/out" 2>"$work/err" || code=$?
[ "$code" -eq 1 ] || fail "exit code $code and not 1 for a peer that crashes"
grep -q 'Python multiprocessing.Pool, 2 workers: FAILED: .*/crashing ended' "$work/out" ||
  fail "the table tells of no crash"
grep -q 'std::async  *[0-9]' "$work/out" || fail "the peers that are well were not measured"

# A full disk is told of when all has been measured.
code=0
"$program" --scenario micro --runs 1 --json /dev/full >"$work/out" 2>"$work/err" || code=$?
[ "$code" -eq 1 ] || fail "exit code $code and not 1 for a full disk"
grep -q 'cannot write /dev/full' "$work/err" || fail "nothing is said of a full disk"
