# Usage: signals.sh PROGRAM. What a signal leaves of a run: its figures, and nothing else.
program=$1
. "$(dirname "$0")/lib.sh"
export TMPDIR=$work/tmp
mkdir "$TMPDIR"
pid=
# Also where the check fails in the midst of a run.
trap '[ -z "$pid" ] || kill -KILL "$pid" 2>/dev/null; wait; rm -rf "$work"' EXIT

# wait_until TEXT COMMAND...: until the command succeeds, or the check fails with the text.
wait_until() {
  local text=$1 tries
  shift
  for ((tries = 0; tries < 600; ++tries)); do
    ! "$@" 2>/dev/null || return 0
    sleep 0.05
  done
  fail "$text"
}

# All that a run starts inherits the name of its folder.
left_over() { grep -qsF --text "TMPDIR=$TMPDIR/" /proc/[0-9]*/environ; }
nobody_left() { ! left_over; }
nothing_left() {
  nobody_left || fail "processes are left of $1"
  [ -z "$(ls -A "$TMPDIR")" ] || fail "files are left of $1: $(ls -A "$TMPDIR")"
}

# start ARGUMENT...: the program in the background, where a shell makes it ignore SIGINT.
start() {
  "$program" "$@" >"$work/out" 2>"$work/err" &
  pid=$!
}
start_with_quit() {
  python3 -c 'import os, signal, sys
signal.signal(signal.SIGQUIT, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])' "$program" "$@" >"$work/out" 2>"$work/err" &
  pid=$!
}
ends_with() {
  local code=0
  wait "$pid" || code=$?
  pid=
  [ "$code" -eq "$1" ] || fail "exit code $code and not $1"
}

# shellcheck disable=SC2317 # wait_until calls it
compresses() { compgen -G "$TMPDIR/*/*/part.*.gz" >/dev/null; }

# What was measured before is written, and says that it is not all.
start --scenario start gzip --peer async xargs --runs 1 --json "$work/figures.json" \
  --html "$work/page.html"
wait_until 'nothing was compressed' compresses
left_over || fail 'processes of a run are not found'
kill -TERM "$pid"
ends_with 143
nothing_left 'a run that was cut short'
grep -q 'muster-bench: cut short by SIGTERM' "$work/err" || fail 'nothing says that it was cut short'
grep -q '"cut_short": "SIGTERM"' "$work/figures.json" || fail 'the file does not say so'
grep -q '"peer": "async"' "$work/figures.json" || fail 'the figures so far were not written'
! grep -q '"name": "gzip"' "$work/figures.json" || fail 'a scenario without figures was written'
grep -q 'cut short by SIGTERM' "$work/page.html" || fail 'the page does not say so'

# Nothing was measured yet: no file, and an earlier one stays.
echo 'of yesterday' >"$work/figures.json"
start --scenario gzip --peer xargs --runs 1 --json "$work/figures.json"
wait_until 'nothing was compressed' compresses
kill -TERM "$pid"
ends_with 143
nothing_left 'a run without figures'
grep -q 'SIGTERM came before anything was measured' "$work/err" || fail 'nothing says why'
grep -q 'of yesterday' "$work/figures.json" || fail 'an earlier file was replaced'

# SIGINT, and twice at once, as timeout(1) sends it: the figures are kept all the same.
code=0
timeout --preserve-status -s INT 3 "$program" --scenario start gzip --peer async xargs --runs 5 \
  --json "$work/figures.json" >"$work/out" 2>"$work/err" || code=$?
[ "$code" -eq 130 ] || fail "exit code $code and not 130"
nothing_left 'an interrupted run'
grep -q '"cut_short": "SIGINT"' "$work/figures.json" || fail 'the file does not say so'

# So do a terminal that goes away and its other key, and who reads no more.
for signal in HUP QUIT; do
  rm -f "$work/figures.json"
  # A shell makes what it starts in the background ignore SIGQUIT.
  start_with_quit --scenario start gzip --peer async xargs --runs 1 --json "$work/figures.json"
  wait_until 'nothing was compressed' compresses
  kill -s "$signal" "$pid"
  ends_with $((128 + $(kill -l "$signal")))
  nothing_left "a run that SIG$signal ended"
  grep -q "\"cut_short\": \"SIG$signal\"" "$work/figures.json" || fail "no file after SIG$signal"
done
# unread RUN...: by a shell whose reader ends after the first line.
unread() {
  rm -f "$work/figures.json"
  code=$("$@" "$program" --scenario start mixed gzip --peer async xargs --runs 1 \
    --json "$work/figures.json" 2>"$work/err" | { head -n 1 >"$work/out"; } ; echo "${PIPESTATUS[0]}")
  [ "$code" -eq 141 ] || fail "exit code $code and not 141 where nobody reads"
  nothing_left 'a run that nobody reads'
  grep -q '"cut_short": "SIGPIPE"' "$work/figures.json" || fail 'no file where nobody reads'
  ! grep -q '"name": "gzip"' "$work/figures.json" || fail 'it went on where nobody reads'
}
unread env
unread bash -c "trap '' PIPE; exec \"\$@\"" bash
code=$("$program" --list 2>"$work/err" | { exec <&-; sleep 0.1; } ; echo "${PIPESTATUS[0]}")
[ "$code" -eq 141 ] || fail "exit code $code and not 141 where nobody reads a list"

# What others have started is none of its business.
bash -c 'sleep 987 & echo $! >"$1/sleep"; shift; exec "$@"' bash "$work" "$program" --scenario start \
  --peer async --runs 1 >"$work/out" 2>"$work/err" || fail 'a run beside a stranger'
kill "$(cat "$work/sleep")" || fail 'a process that it did not start was ended'
bash -c 'exec "$@" > >(sleep 0.3; cat >"$0")' "$work/log" "$program" --scenario start --peer async \
  --runs 1 || fail 'a run whose output a process of the shell takes'
wait_until 'the end of the output was lost' grep -q 'std::async  *[0-9]' "$work/log"

# A second signal does not wait for what ignores the first.
printf '#!/bin/sh\ntrap "" TERM\necho >"%s/asked"\nsleep 600 &\nwait\n' "$work" >"$work/python"
chmod +x "$work/python"
export MUSTER_BENCH_PYTHON=$work/python
start --scenario start --peer loky --runs 1
wait_until 'nobody was asked' test -e "$work/asked"
kill -TERM "$pid"
sleep 0.5
kill -0 "$pid" || fail 'the first signal did not wait'
kill -TERM "$pid"
ends_with 143
nothing_left 'a run that two signals ended'

# Nor does a list.
rm "$work/asked"
start --list
wait_until 'nobody was asked' test -e "$work/asked"
kill -TERM "$pid"
ends_with 143
ps -eo args >"$work/out"
! grep -qF "$work/python" "$work/out" || fail 'an interpreter is left of a list'
exit 0
