. "$(dirname "$0")/lib.sh"

run "$1"
expect_equal "lines" "$(wc -l <"$out")" 3
expect 1 '^before: .*(pending|running)'
expect 1 '^result: 0.5$'
expect 1 '^after: .*finished'
