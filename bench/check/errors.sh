# Usage: errors.sh PROGRAM. What muster-bench cannot do is a sentence on standard error and an exit
# code, and nothing is measured before.
set -u
program=$1
work=$(mktemp -d "${TMPDIR:-/tmp}/muster-bench-check.XXXXXX")
trap 'rm -rf "$work"' EXIT

fail() {
  echo "FAILED: $*"
  cat "$work/out" "$work/err"
  exit 1
}

# refuses CODE TEXT ARGUMENT...: exits with the code, says the text, prints no table.
refuses() {
  local code=$1 text=$2 got=0
  shift 2
  "$program" "$@" >"$work/out" 2>"$work/err" || got=$?
  [ "$got" -eq "$code" ] || fail "exit code $got and not $code: $*"
  grep -qF -- "$text" "$work/err" || fail "standard error does not say '$text': $*"
  ! grep -q tasks "$work/out" || fail "something was measured: $*"
}

refuses 2 'there is no scenario "nothing"' --scenario nothing
refuses 2 'there is no scenario "nothing"' --scenario map nothing
refuses 2 '0 is not a whole number from 1' --workers 0
refuses 2 '-1 is not a whole number from 1' --workers -1
refuses 2 'x is not a whole number from 1' --runs x
refuses 2 '0 is not a whole number from 1' --tasks 0
refuses 2 'nowhere' --nowhere
refuses 1 "cannot write $work/none/figures.json" --json "$work/none/figures.json"

# A full disk is told of when all has been measured.
code=0
"$program" --scenario micro --runs 1 --json /dev/full >"$work/out" 2>"$work/err" || code=$?
[ "$code" -eq 1 ] || fail "exit code $code and not 1 for a full disk"
grep -q 'cannot write /dev/full' "$work/err" || fail "nothing is said of a full disk"
