# Sourced by the checks of the examples. Each check gets the program's path as its first argument,
# runs it and looks at what it printed. A check that hangs is ended by ctest.
set -u

work=$(mktemp -d "${TMPDIR:-/tmp}/muster-example.XXXXXX")
trap 'rm -rf "$work"' EXIT
out=$work/out
err=$work/err

fail() {
  echo "FAILED: $*"
  echo "standard output:"
  cat "$out"
  echo "standard error:"
  cat "$err"
  exit 1
}

# Runs a command that has to succeed and to print nothing on standard error.
run() {
  "$@" >"$out" 2>"$err" || fail "exit code $?: $*"
  [ ! -s "$err" ] || fail "something on standard error: $*"
}

# How many lines of the output match the regular expression.
count() {
  grep -cE -- "$1" "$out"
}

# expect TIMES REGEX: that many lines of the output match.
expect() {
  [ "$(count "$2")" -eq "$1" ] || fail "expected $1 lines that match: $2"
}

# The part of the output's lines that the group of the expression matches, on one line.
pick() {
  sed -nE "s/$1/\\1/p" "$out" | tr '\n' ' ' | sed 's/ $//'
}

# expect_equal WHAT IS SHOULD_BE
expect_equal() {
  [ "$2" = "$3" ] || fail "$1: expected '$3', got '$2'"
}
