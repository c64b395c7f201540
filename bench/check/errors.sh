# Usage: errors.sh PROGRAM. What muster-bench cannot do is a sentence on standard error and an exit
# code, and nothing is measured before.
program=$1
. "$(dirname "$0")/lib.sh"
measured='tasks'
# An interpreter that has all and ends as soon as it is to do something.
printf '#!/bin/sh\ncase "$*" in *--missing) echo "version 3"; exit 0 ;; esac\nkill -SEGV $$\n' >"$work/crashing"
chmod +x "$work/crashing"

refuses 2 'there is no scenario "nothing"' --scenario nothing
refuses 2 'there is no scenario "nothing"' --scenario map nothing
refuses 2 'there is no peer "nobody"' --peer nobody
refuses 2 'there is no peer "py-x*"' --peer thread 'py-x*'
refuses 1 'no scenario of these measures such a peer' --scenario many --peer mutex
refuses 2 '0 is not a whole number from 1' --workers 0
refuses 2 '-1 is not a whole number from 1' --workers -1
refuses 2 'x is not a whole number from 1' --runs x
refuses 2 '0 is not a whole number from 100 to' --tasks 0
refuses 2 '50 is not a whole number from 100 to' --tasks 50
refuses 2 'the curves of growth begin at 100 tasks: say 1000 or more' --quick --tasks 999
refuses 2 'nowhere' --nowhere
refuses 2 '0 is not a whole number from 1' --limit 0
refuses 1 "cannot write $work/none/figures.json" --json "$work/none/figures.json"

refuses 2 'json: it is empty' --json ''
refuses 2 'cell: it is empty' --cell ''
refuses 2 'is given twice' --html "$work/same" --svg "$work/same"
# Also where one has another name.
echo 'of yesterday' >"$work/here.json"
ln -s here.json "$work/link"
cd "$work" || exit 1
refuses 2 'are the same file' --json here.json --html "$work/here.json"
refuses 2 'are the same file' --json here.json --html link
refuses 2 'are the same file' --html ./new --svg "$work/new"
refuses 2 'are the same file' --from here.json --html ./here.json
refuses 2 'are the same file' --from here.json --svg link
refuses 2 'are the same file' --from link --svg "$work/none/../here.json"
grep -q 'of yesterday' here.json || fail 'the input was written over'
cd "$OLDPWD" || exit 1
refuses 2 'writes no file' --cell start,thread,2,,1 --json "$work/figures.json"
for option in '--scenario map' '--peer thread' --quick '--workers 1' '--runs 3' '--tasks 1000' --list; do
  # shellcheck disable=SC2086 # an option and its value
  refuses 2 "leave out ${option% *}" --from a.json --html a.html $option
done
refuses 2 'leave out --runs' --cell start,thread,2,,1 --runs 3
refuses 2 'leave out --quick' --list --quick

# What is refused or fails leaves no file, and an earlier file as it was.
refuses 1 'no scenario of these measures such a peer' \
  --scenario many --peer mutex --json "$work/figures.json" --html "$work/page.html"
ls "$work"/figures.json* "$work"/page.html* >"$work/out" 2>"$work/err" && fail 'a file was left'
echo 'of yesterday' >"$work/figures.json"
refuses 1 'no scenario of these measures such a peer' \
  --scenario many --peer mutex --json "$work/figures.json"
grep -q 'of yesterday' "$work/figures.json" || fail 'an earlier file was emptied'
refuses 1 "cannot write $work: Is a directory" --scenario micro --json "$work"

# A cell that cannot be.
no_cell() { # CELL TEXT [CODE]
  local code=0
  "$program" --cell "$1" >"$work/out" 2>"$work/err" || code=$?
  [ "$code" -eq "${3:-1}" ] || fail "$1: exit code $code and not ${3:-1}"
  grep -q "^error .*$2" "$work/out" || fail "$1: $(cat "$work/out")"
}
no_cell 'latency,process,1,back to back,0' 'at least once'
no_cell 'growth,process,2,queued tasks,100,0,0' 'at least once'
no_cell 'throughput,pipe,0,without futures,10' 'needs a worker'
no_cell 'throughput,thread,1,kept,4294967296' 'is more than 4294967295'
no_cell 'throughput,thread,1,kept,99999999999999999999' 'is more than 4294967295'
no_cell 'throughput,thread,99999999999,kept,10' 'is more than 4095'
no_cell 'throughput,thread,1,kept,10,0,99999999999999999999' 'is more than 4095'
no_cell 'throughput,thread,1,kept,-1' 'is not a number'
# One that the scenario does not have, and what it has.
no_cell 'throughput,process,2,bogus,100' 'is not played as "bogus" by process' 2
no_cell 'throughput,nobody,2,kept,100' 'there is no peer "nobody"' 2
no_cell 'nothing,process,2,kept,100' 'there is no scenario' 2
no_cell 'many,thread,1,all queued,10' 'by thread; .* as "all queued" by process;' 2
no_cell 'syscalls,thread,1,kept,10' 'by thread; .* as "kept" by process;' 2
no_cell 'gzip,serial,1,,100' 'by serial; it is played by process, thread, xargs, pigz$' 2
no_cell 'throughput,serial,1,kept,10' 'by serial; it is played as "kept" by process, thread, ' 2
no_cell 'growth,process,2,payload,10' 'as "payload" without a payload by process; ' 2
no_cell 'micro,,0,bogus,1' 'as "bogus"; it is played as "promise to future and result"; ' 2

# A scenario or a peer that was asked for and is not there is told of.
"$program" --scenario many start --peer async --runs 1 >"$work/out" 2>"$work/err" ||
  fail 'a scenario without such a peer beside one that has it'
grep -qx 'many: none of the peers asked for is measured in it' "$work/out" ||
  fail 'nothing is said of a scenario that drops out'
"$program" --scenario balance --peer xargs 'asyn?' pigz --runs 1 >"$work/out" 2>"$work/err" ||
  fail 'peers that are not measured beside one that is'
for peer in xargs pigz; do
  grep -qx "$peer: none of these scenarios measures such a peer" "$work/out" ||
    fail "nothing is said of $peer, which drops out"
done
! grep -q '^asyn?: ' "$work/out" || fail 'a peer that was measured is said to be none'

# No folder for temporary files.
code=0
TMPDIR=$work/none "$program" --scenario start --peer async --runs 1 >"$work/out" 2>"$work/err" ||
  code=$?
[ "$code" -eq 1 ] || fail "exit code $code and not 1 without a folder for temporary files"
grep -qF "in $work/none, TMPDIR can name another: No such file or directory" "$work/err" ||
  fail 'nothing says which folder there is not'

# A worker that dies ends its cell, which says which and how.
# dies CELL: kills processes of the cell until it has ended.
dies() {
  local code=0 cell worker workers=()
  "$program" --cell "$1" >"$work/out" 2>"$work/err" &
  cell=$!
  while kill -0 "$cell" 2>/dev/null; do
    { read -r -a workers <"/proc/$cell/task/$cell/children"; } 2>/dev/null
    for worker in "${workers[@]}"; do
      kill -SEGV "$worker" 2>/dev/null && break
    done
  done
  wait "$cell" || code=$?
  [ "$code" -eq 1 ] || fail "exit code $code and not 1 where a worker dies: $1"
  grep -qE '^error the worker process [0-9]+ ended by signal 11 \(' "$work/out" ||
    fail "nothing says which worker died: $1"
}
dies 'throughput,message-queue,2,without futures,4294967295'
dies 'latency,message-queue,1,after 1 ms,1000000'
dies 'balance,fork,2,,100000'

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

# All that is asked for is missing: no figures, and so no file and no success.
nothing_there() {
  local code=0
  missing "$@" --json "$work/figures.json" || code=$?
  [ "$code" -eq 1 ] || fail "exit code $code and not 1 where all is missing: $*"
  grep -q 'nothing was measured, all of it is missing: loky (install python3 (MUSTER_BENCH_PYTHON is "/nonexistent/python3", which is no program))' "$work/err" ||
    fail "nothing says that all is missing: $*"
  grep -q 'of yesterday' "$work/figures.json" || fail "a file without figures was written: $*"
}
nothing_there --scenario start --peer loky --runs 1
nothing_there --scenario start throughput --peer loky --runs 1

# Without strace the rest of its scenario is measured, and the table says so.
mkdir "$work/few"
PATH=$work/few "$program" --scenario syscalls --quick --runs 1 --workers 1 >"$work/out" \
  2>"$work/err" || fail 'a missing strace is no failure'
grep -q 'System calls were not counted: cannot run strace' "$work/out" ||
  fail 'the table does not say that strace is missing'

# An interpreter that is there and does not work is told of as that, once its time is over.
# broken TEXT: $work/python does not work, and TEXT is said of it.
broken() {
  local code=0
  chmod +x "$work/python"
  MUSTER_BENCH_PYTHON=$work/python "$program" --list >"$work/out" 2>"$work/err" ||
    fail "--list fails for $1"
  grep -qE "loky: loky; does not work: .*/python, asked which modules it has, $1" "$work/out" ||
    fail "--list does not say: $1"
  MUSTER_BENCH_PYTHON=$work/python "$program" --scenario start --peer loky async --runs 1 \
    >"$work/out" 2>"$work/err" || code=$?
  [ "$code" -eq 1 ] || fail "exit code $code and not 1 for $1"
  tr -s '\n ' ' ' <"$work/out" | grep -qE "loky: FAILED: .*/python, asked which modules it has, $1" ||
    fail "the table does not say: $1"
  grep -q 'std::async  *[0-9]' "$work/out" || fail "$1: the peers that work were not measured"
}
printf '#!/bin/sh\necho first >&2\necho "no such module" >&2\nexit 3\n' >"$work/python"
broken 'ended with code 3: no such module'
printf '#!/bin/sh\nsleep 600\n' >"$work/python"
broken 'did not end within 10 s and was killed'
printf '#!/bin/sh\necho "what is this"\nsleep 1\n' >"$work/python"
broken 'answered with what is no answer: what is this;'
printf '#!/bin/sh\necho version 3\necho no\n' >"$work/python"
broken 'answered with what is no answer: no;'
printf '#!/bin/sh\n' >"$work/python"
broken 'answered nothing;'

# What it says may be no text, and the files are written all the same.
printf '#!/bin/sh\nprintf "\\377\\376 \\001\\n" >&2\nexit 3\n' >"$work/python"
broken 'ended with code 3: ��.�;'
printf '#!/bin/sh\nprintf "version 3\\377\\n"\n' >"$work/python"
MUSTER_BENCH_PYTHON=$work/python "$program" --scenario start --peer py-pool async --runs 1 \
  --json "$work/odd.json" --html "$work/odd.html" --svg "$work/odd.svg" >"$work/out" 2>"$work/err"
for file in odd.json odd.html odd.svg; do
  [ -s "$work/$file" ] || fail "no $file of a run with what is no text"
  iconv -f UTF-8 -t UTF-8 "$work/$file" >"$work/out" || fail "$file is no text"
done
grep -qF '"python": "3�"' "$work/odd.json" || fail 'a version that is no text is not there'

# Nor need the last words of what crashes be.
printf '#!/bin/sh\nprintf "pigz: \\351\\033[1m\\n" >&2\nexit 4\n' >"$work/pigz"
chmod +x "$work/pigz"
code=0
PATH=$work:$PATH "$program" --scenario gzip --quick --peer pigz xargs --runs 1 --workers 1 \
  --json "$work/odd.json" --html "$work/odd.html" >"$work/out" 2>"$work/err" || code=$?
[ "$code" -eq 1 ] || fail "exit code $code and not 1 for last words that are no text"
for file in odd.json odd.html; do
  grep -qF 'ended with code 4: pigz: ��[1m' "$work/$file" || fail "no last words in $file"
done

# An interpreter that answers without what it was asked for.
printf '#!/bin/sh\ncase "$*" in *--missing) echo version 3; exit 0 ;; esac\n%s\n' \
  'while read -r line; do echo "sum= pids= seconds= ended="; done' >"$work/python"
no_answer() { # CELL TEXT
  if MUSTER_BENCH_PYTHON=$work/python "$program" --cell "$1" >"$work/out" 2>"$work/err"; then
    fail "$1 was measured without answers"
  fi
  grep -qx "error python3 answered with $2" "$work/out" || fail "an unclear error of $1"
}
no_answer 'throughput,py-pool,2,kept,10' '0 numbers where one belongs'
no_answer 'latency,py-pool,2,back to back,100' '0 times of 10 tasks'
no_answer 'start,py-pool,2,,1' '0 numbers where one belongs'
printf '#!/bin/sh\ncase "$*" in *--missing) echo version 3; exit 0 ;; esac\n%s\n' \
  'while read -r line; do echo "sum=1 pids="; done' >"$work/python"
no_answer 'start,py-pool,2,,1' 'no process of a worker'
MUSTER_BENCH_PYTHON='' "$program" --list >"$work/out" 2>"$work/err" || fail '--list fails without a name'
grep -q 'loky; missing: install python3 (MUSTER_BENCH_PYTHON is "", which is no program)' \
  "$work/out" || fail 'nothing says which file is no program'

# One that hangs takes its time twice, and no more of it.
printf '#!/bin/sh\ncase "$*" in *--missing) echo version 3; exit 0 ;; esac\nsleep 600\n' \
  >"$work/python"
code=0
MUSTER_BENCH_PYTHON=$work/python "$program" --scenario map start --peer loky async \
  --runs 2 --limit 5 >"$work/out" 2>"$work/err" || code=$?
[ "$code" -eq 1 ] || fail "exit code $code and not 1 for a peer that hangs"
[ "$(grep -c 'loky, .*: FAILED: did not end within 5 s' "$work/out")" -eq 2 ] ||
  fail 'not two cells of a peer that hangs were tried'
[ "$(grep -c '  loky: FAILED: not tried, because two of its cells took too long' "$work/out")" -eq 1 ] ||
  fail 'no row for the rest of a peer that hangs'
grep -q 'std::async  *[0-9]' "$work/out" ||
  fail 'the peers that work were not measured beside one that hangs'

# One that crashes is a line that says so, the others are measured, and the exit code tells.
code=0
MUSTER_BENCH_PYTHON=$work/crashing "$program" --scenario start --peer py-pool async --runs 1 \
  >"$work/out" 2>"$work/err" || code=$?
[ "$code" -eq 1 ] || fail "exit code $code and not 1 for a peer that crashes"
grep -q 'Python multiprocessing.Pool, 2 workers: FAILED: .*/crashing ended' "$work/out" ||
  fail "the table tells of no crash"
grep -q 'std::async  *[0-9]' "$work/out" || fail "the peers that are well were not measured"

# What a program said last is part of its failure.
mkdir "$work/bin"
printf '#!/bin/sh\necho first >&2\necho "pigz: abort: no memory" >&2\nexit 4\n' >"$work/bin/pigz"
chmod +x "$work/bin/pigz"
if PATH=$work/bin:$PATH "$program" --cell gzip,pigz,1,,1000 >"$work/out" 2>"$work/err"; then
  fail 'a compressor that fails was measured'
fi
grep -q 'ended with code 4: pigz: abort: no memory$' "$work/out" || fail 'its last words are lost'

# A file that grows too large leaves no part of itself, and the earlier one as it was.
code=0
(trap '' XFSZ && ulimit -f 1 && exec "$program" --scenario micro --runs 1 --json "$work/figures.json") \
  >/dev/null 2>"$work/err" || code=$?
[ "$code" -eq 1 ] || fail "exit code $code and not 1 for a file that is too large"
grep -q "cannot write $work/figures.json: File too large" "$work/err" || fail 'an unclear error'
grep -q 'of yesterday' "$work/figures.json" || fail 'an earlier file was lost'
[ "$(ls "$work"/figures.json*)" = "$work/figures.json" ] || fail 'a part of a file was left'

# A full disk is told of when all has been measured, and takes no other file with it.
# full FILE OPTION...: as FILE is full, and all of $work/json, html and svg that are asked for are there.
full() {
  local code=0 file=$1
  shift
  rm -f "$work/json" "$work/html" "$work/svg"
  "$program" "$@" >"${out:-$work/out}" 2>"$work/err" || code=$?
  [ "$code" -eq 1 ] || fail "exit code $code and not 1 for a full disk: $*"
  grep -q "cannot write $file" "$work/err" || fail "nothing is said of a full disk: $*"
  for file in "$@"; do
    case "$file" in
      "$work"/*.json) ;;
      "$work"/*) [ -s "$file" ] || fail "$file was not written: $*" ;;
    esac
  done
}
measure=(--scenario micro --runs 1)
full /dev/full "${measure[@]}" --json /dev/full --html "$work/html" --svg "$work/svg"
full /dev/full "${measure[@]}" --html /dev/full --svg "$work/svg" --json "$work/json"
full /dev/full "${measure[@]}" --html "$work/html" --svg /dev/full --json "$work/json"
out=/dev/full full 'to standard output: No space' "${measure[@]}" --html "$work/html" --json "$work/json"
cp "$work/json" "$work/of-a-run.json"
full /dev/full --from "$work/of-a-run.json" --html /dev/full --svg "$work/svg"

# What it was made of and compared with stands in the file.
for fact in commit boost tbb; do
  grep -qE "\"$fact\": \"[^\"]+\"" "$work/of-a-run.json" || fail "the file does not say: $fact"
done

# Without the standard descriptors nothing else gets their numbers.
rm -f "$work/json"
code=0
"$program" --scenario start --peer async process --runs 1 --json "$work/json" \
  <&- >&- 2>"$work/err" || code=$?
[ "$code" -eq 1 ] || fail "exit code $code and not 1 without standard output"
grep -q 'cannot write to standard output: Bad file descriptor' "$work/err" ||
  fail 'nothing is said of a missing standard output'
"$program" --from "$work/json" --html "$work/html" >"$work/out" 2>"$work/err" ||
  fail 'the file is spoilt without standard descriptors'
! grep -q '"failure"' "$work/json" || fail 'a cell fails without standard descriptors'
"$program" --scenario micro --runs 1 --json "$work/json" >"$work/out" <&- 2>&- ||
  fail 'it fails without standard error'

# The folder for temporary files may have any name.
mkdir "$work/it's \"odd\" \$HOME"
TMPDIR="$work/it's \"odd\" \$HOME" "$program" --scenario gzip --quick --runs 1 --peer xargs process \
  >"$work/out" 2>"$work/err" || fail 'an odd name of a folder'

# The program may be built anew in the midst of a run.
cp "$program" "$work/replaced"
printf '#!/bin/sh\nrm "%s/replaced"\nsleep 0.1\necho version 3\n' "$work" >"$work/python"
MUSTER_BENCH_PYTHON=$work/python "$work/replaced" --scenario start --peer py-threads async process \
  --runs 1 >"$work/out" 2>"$work/err"
[ ! -e "$work/replaced" ] || fail 'the program was not removed'
[ "$(grep -cE '(std::async|process pool).* [0-9.]+ [mu]s' "$work/out")" -ge 3 ] ||
  fail 'what was removed in the midst of a run has no figures'
