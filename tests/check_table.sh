#!/bin/sh
# Checks the table of behaviours in tests/README.md: every number has one row, in order, with a
# text and a test or a reason; every test it names exists. Takes the folder of the tests.
set -eu
cd "${1:-$(dirname "$0")}"
failed=0
complain() {
  echo "tests/README.md: $*" >&2
  failed=1
}

expected=$(seq 1 156; for i in 1 2 3 4 5 6 7 8; do echo "1c.$i"; done)
actual=$(sed -n 's/^| \(1c\.[0-9]*\|[0-9][0-9]*\) |.*/\1/p' README.md)
[ "$expected" = "$actual" ] || complain "the rows are not 1 to 156 and 1c.1 to 1c.8, in order"

for number in $(sed -n 's/^| \([0-9c.]*\) |\( *| *|\|.*| *|\)$/\1/p' README.md); do
  complain "row $number has no text, or neither test nor reason"
done

sources=$(find . -name '*.cpp')
for test in $(grep '^| [0-9]' README.md | grep -o '`[A-Z][A-Za-z]*\.[A-Z][A-Za-z0-9]*`' | tr -d '`' | sort -u); do
  # shellcheck disable=SC2086
  grep -Ezq "TEST(_F|_P)?\(${test%.*},[[:space:]]*${test#*.}\)" $sources ||
    complain "there is no test $test"
done
exit $failed
