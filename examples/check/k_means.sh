# k_means.sh PROGRAM processes|threads: the clusters are those that a plain loop finds; what cannot
# be done is said.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/errors.sh"

run "$program" "${kind[@]}" --check -w 2 -p 5000 -d 3 -k 4 -r 5
expect 4 '^[0-9]+ points around( -?[0-9.e-]+){3}$'
expect 1 '^checked: 4 clusters of 5000 points$'
# Fewer points than parts, and each a cluster of its own.
run "$program" "${kind[@]}" --check -w 2 -p 5 -d 1 -k 5 -r 2
expect 5 '^1 points around'

run "$program" "${kind[@]}" --bench --runs 1 -p 1000
expect 1 '^process pool '
expect 1 '^thread pool '
expect 1 '^plain loop '

refuses 1 "there are fewer points than clusters" -p 3 -k 4
refuses 2 "--points: 0 is not a whole number from 1 to 1000000000" -p 0
refuses 2 "--clusters: 1.5 is not a whole number" -k 1.5
refuses 2 "--rounds: -3 is not a whole number" --rounds=-3
refuses 2 "" --check --bench
refuses 2 "" unexpected
