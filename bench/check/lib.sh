# What the checks of the benchmarks share. Sourced; sets `work`, a folder that goes with the check.
set -u
work=$(mktemp -d "${TMPDIR:-/tmp}/muster-bench-check.XXXXXX")
trap 'rm -rf "$work"' EXIT
touch "$work/out" "$work/err"

# fail TEXT...: ends the check, with what the program printed last.
fail() {
  echo "FAILED: $*"
  cat "$work/out" "$work/err"
  exit 1
}

# refuses CODE TEXT ARGUMENT...: $program exits with the code and says the text on standard error;
# nothing that is in what it prints after measuring, $measured, is there.
refuses() {
  local code=$1 text=$2 got=0
  shift 2
  "$program" "$@" >"$work/out" 2>"$work/err" || got=$?
  [ "$got" -eq "$code" ] || fail "exit code $got and not $code: $*"
  grep -qF -- "$text" "$work/err" || fail "standard error does not say '$text': $*"
  ! grep -q "$measured" "$work/out" || fail "something was measured: $*"
}
