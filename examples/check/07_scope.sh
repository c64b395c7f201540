. "$(dirname "$0")/lib.sh"

run "$1"
expect_equal "lines" "$(wc -l <"$out")" 6
for n in 1 2 3 4; do expect 1 "^task $n\$"; done
expect 1 '^main: all are submitted$'
expect_equal "last line" "$(tail -n 1 "$out")" "main: all are done"
