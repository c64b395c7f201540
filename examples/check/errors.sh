# Sourced after lib.sh by the checks of programs with a command line as in examples/common.
program=$(realpath "$1")
kind=()
if [ "$2" = threads ]; then kind=(--threads); fi

# refuses EXIT_CODE TEXT ARGUMENTS...: it ends so, and has that on standard error.
refuses() {
  local code=$1 text=$2
  shift 2
  "$program" "${kind[@]}" "$@" >"$out" 2>"$err"
  expect_equal "exit code of $*" $? "$code"
  [ -s "$err" ] || fail "nothing on standard error: $*"
  grep -qF -- "$text" "$err" || fail "expected an error with: $text"
}
