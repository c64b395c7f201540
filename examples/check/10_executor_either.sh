. "$(dirname "$0")/lib.sh"

run "$1"
expect_equal "lines" "$(wc -l <"$out")" 4
expect 1 '^threads: primes below 10, 1000, 100000: 4 168 9592$'
expect 1 '^processes: primes below 10, 1000, 100000: 4 168 9592$'
expect 1 '^threads: tasks run in this process$'
expect 1 '^processes: tasks run in another process$'
