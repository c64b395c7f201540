# Usage: instructions.sh PROGRAM. What bench/instructions.sh refuses, and that it counts.
program=$1
script=$(dirname "$0")/../instructions.sh
. "$(dirname "$0")/lib.sh"

# says TEXT SCRIPT ARGUMENT...: the script fails, says the text, and runs nothing.
says() {
  local text=$1
  shift
  if bash "$@" >"$work/out" 2>"$work/err"; then fail "no failure: $*"; fi
  grep -qF -- "$text" "$work/err" || fail "nothing says '$text': $*"
  ! grep -q 'instructions per' "$work/out" || fail "something was counted: $*"
}
says 'usage: ' "$script"
says 'usage: ' "$script" "$program" 1000 2000
says 'is no program' "$script" "$work/nothing"
says 'is no program' "$script" "$work"
for tasks in 0 -5 many 1e6 999 10000001 99999999999999999999; do
  says "$tasks is not a number of tasks from 1000" "$script" "$program" "$tasks"
done
# Each by itself: of several names command -v is content with one.
for tool in valgrind nm; do
  command -v "$tool" >/dev/null || { echo "skipped: no $tool"; exit 77; }
done

# Each function that is left out has to be there.
mkdir -p "$work/bench"
cp -r "$(dirname "$script")/probes" "$work/bench/"
for name in spin park pop_until wait_for_slot futex_wait; do
  sed "s/::$name/::no_$name/" "$script" >"$work/bench/instructions.sh"
  says 'so what is executed while waiting would be counted' "$work/bench/instructions.sh" "$program"
done

# It counts. That waiting was seen in the worker, and left out, is the script's own condition.
bash "$script" "$program" 5000 >"$work/out" 2>"$work/err" || fail 'it does not count'
grep -xE 'instructions per empty task: client [1-9][0-9]*, worker [1-9][0-9]*' "$work/out" ||
  fail 'it prints no counts'

# Nothing that the worker executes matches: it cannot be that it never waited.
sed '/worker_queue::/d; /futex_wait/d; /^ *.syscall.$/d' "$script" >"$work/bench/instructions.sh"
says 'no waiting was seen in the worker' "$work/bench/instructions.sh" "$program" 5000
