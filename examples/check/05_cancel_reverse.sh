. "$(dirname "$0")/lib.sh"

run "$1"
expect_equal "lines" "$(wc -l <"$out")" 20
expect_equal "cancelled, in this order" "$(pick '^main: (.*) canceled$')" "10 9 8 7 6 5 4 3"
expect_equal "not cancelled, in this order" "$(pick '^main: (.*) did not cancel$')" "2 1"
for n in 3 4 5 6 7 8 9 10; do expect 1 "^callback: $n canceled\$"; done
for n in 1 2; do expect 1 "^callback: $n not canceled\$"; done
