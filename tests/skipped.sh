#!/usr/bin/env bash
# skipped.sh BUILD: says which tests the last run of ctest there has skipped, and why.
set -euo pipefail
log=$1/Testing/Temporary/LastTest.log
[ -f "$log" ] || exit 0
awk '
  /^[0-9]+\/[0-9]+ Test: / { name = $3; reason = ""; last = "" }
  # GoogleTest: FILE:LINE: Skipped, and then what the test says.
  /: Skipped$/ { getline reason; next }
  /^<end of output>$/ { if (reason == "") reason = last }
  /^Skip (regular expression|return code)/ {
    if (!(reason in tests)) order[++count] = reason
    tests[reason] = tests[reason] " " name
    ++number[reason]
  }
  NF { last = $0 }
  END {
    if (count) print "Skipped:"
    for (i = 1; i <= count; ++i) {
      reason = order[i]
      split(tests[reason], names, " ")
      more = number[reason] - 1
      print "  " reason ": " names[1] (more ? " and " more " more" : "")
    }
  }' "$log"
