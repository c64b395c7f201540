. "$(dirname "$0")/lib.sh"

run "$1"
expect_equal "lines" "$(wc -l <"$out")" 3
expect 1 '^4: value returned: 2$'
expect 1 '^5: error returned: an odd number has no half here$'
expect 1 '^6: canceled$'
