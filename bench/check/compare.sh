# Usage: compare.sh PROGRAM. What muster-bench-compare says of files made for the purpose.
program=$1
. "$(dirname "$0")/lib.sh"

# figure MEDIAN LOWER UPPER [RUNS]
figure() {
  echo "{\"median\": $1, \"lower_quartile\": $2, \"upper_quartile\": $3, \"runs\": ${4:-[1, 2, 3, 4, 5]}}"
}

# case_of PEER KEY FIGURE: a case of two workers.
case_of() {
  echo "{\"peer\": \"$1\", \"peer_title\": \"$1 pool\", \"workers\": 2, \"variant\": \"kept\",
         \"size\": 1000, \"values\": {\"$2\": $3}}"
}

# file NAME CASES [MEMORY [SCENARIO]]: a result file with a rate (more is better) and a time.
file() {
  cat >"$work/$1" <<JSON
{"machine": {"processor": "made up", "memory": "${3:-1 GiB}"},
 "settings": {"runs": 5, "quick": false},
 "scenarios": [{"name": "${4:-throughput}", "notes": [], "cases": [$2], "metrics": {
   "rate": {"title": "tasks", "unit": "per_second", "more_is_better": true},
   "time": {"title": "time", "unit": "seconds", "more_is_better": false}}}]}
JSON
}

# exits CODE TEXT ARGUMENT...: with the code, and says the text.
exits() {
  local code=$1 text=$2 got=0
  shift 2
  (cd "$work" && "$program" "$@" >"$work/out" 2>"$work/err") || got=$?
  [ "$got" -eq "$code" ] || fail "exit code $got and not $code: $*"
  cat "$work/out" "$work/err" | grep -qE -- "$text" || fail "nothing says '$text': $*"
}

silent() { ! grep -qF -- "$1" "$work/out" "$work/err" || fail "'$1' is said without a reason"; }

file old.json "$(case_of process rate "$(figure 1e6 9.9e5 1.01e6)")"

# Equal, and twice the same file.
exits 0 '1 figures: 1 same' old.json old.json
silent beware
silent slower

# Another median, but the quartiles overlap: noise, however large.
file noise.json "$(case_of process rate "$(figure 5e5 4e5 1.0e6)")"
exits 0 ' 0\.500  same$' old.json noise.json

# The quartiles lie apart.
file slow.json "$(case_of process rate "$(figure 8e5 7.9e5 8.1e5)")"
exits 1 ' 0\.800  slower$' old.json slow.json
exits 0 ' 1\.250  faster$' slow.json old.json
# ... but by less than the threshold.
exits 0 ' 0\.800  same$' --threshold 25 old.json slow.json
exits 1 slower --threshold 19 old.json slow.json
file slight.json "$(case_of process rate "$(figure 9.6e5 9.59e5 9.61e5)")"
exits 0 ' 0\.960  same$' old.json slight.json
exits 1 slower --threshold 3.9 old.json slight.json
exits 1 slower --threshold 0 old.json slight.json

# Less time is better.
file quick.json "$(case_of process time "$(figure 1e-3 0.9e-3 1.1e-3)")"
file late.json "$(case_of process time "$(figure 2e-3 1.9e-3 2.1e-3)")"
exits 1 '1 ms .* 2 ms .* 2\.000  slower$' quick.json late.json
exits 0 faster late.json quick.json

# One run has no spread that says anything.
file single.json "$(case_of process rate "$(figure 1e5 1e5 1e5 '[100000]')")"
exits 0 'too few runs to tell' old.json single.json

# Counts that differ by less than matters, whatever their quartiles and however few runs.
count_file() { # NAME MEDIAN RUNS
  file "$1" "$(case_of process calls "$(figure "$2" "$2" "$2" "$3")")"
  local metric='"calls": {"title": "calls", "unit": "count", "more_is_better": false'
  sed -i "s/\"rate\": {\"title\"/$metric, \"least_difference\": 0.01}, &/" "$work/$1"
}
count_file few.json 0.001 '[1, 2, 3]'
count_file still-few.json 0.009 '[1, 2, 3]'
count_file many.json 0.5 '[1, 2, 3]'
count_file once.json 0.002 '[1]'
exits 0 ' 9\.000  same$' few.json still-few.json
exits 0 ' 2\.000  same$' few.json once.json
exits 1 ' more$' few.json many.json
exits 0 ' fewer$' many.json few.json
exits 0 'too few runs to tell' many.json once.json

# Missing in one, which alone is no regression.
both="$(case_of process rate "$(figure 1e6 9.9e5 1.01e6)"), $(case_of thread rate "$(figure 2e6 2e6 2e6)")"
file both.json "$both"
exits 0 'thread pool.* missing in the new file$' both.json old.json
exits 0 'thread pool.* missing in the old file$' old.json both.json
# What ran before and crashes now is one.
crashed='{"peer": "thread", "workers": 2, "variant": "kept", "size": 1, "failure": "ended by signal 11"}'
file crash.json "$(case_of process rate "$(figure 1e6 9.9e5 1.01e6)"), $crashed"
exits 1 'failed: ended by signal 11$' both.json crash.json
exits 0 '1 figures: 1 same' --peer process both.json crash.json
# Nothing to compare.
file other.json "$(case_of loky rate "$(figure 1 1 1)")"
exits 2 'no figure in common' old.json other.json

# Scenarios.
exits 1 slower --scenario throughput old.json slow.json
exits 2 'neither file has a scenario "map"' --scenario map old.json slow.json
exits 0 '0\.800  same' --scenario throughput --threshold 30 old.json slow.json

# Other machines.
file far.json "$(case_of process rate "$(figure 1e6 9.9e5 1.01e6)")" '2 GiB'
exits 0 'beware: the machines differ \(memory: 1 GiB, now 2 GiB\)' old.json far.json

# A run that was cut short.
sed 's/^{/{"cut_short": "SIGINT", /' "$work/old.json" >"$work/short.json"
exits 0 'beware: the new run was cut short \(SIGINT\)' old.json short.json
exits 0 'beware: the old run was cut short \(SIGINT\)' short.json old.json

# Only what changed.
file mixed.json "$(case_of process rate "$(figure 8e5 7.9e5 8.1e5)"), $(case_of thread rate "$(figure 2e6 2e6 2e6)")"
exits 1 '2 figures: 1 worse, 1 same' --changes both.json mixed.json
silent 'thread pool'

# For programs.
exits 1 '"regression": true' --json old.json slow.json
grep -q '"verdict": "worse"' "$work/out" || fail "no verdict"
exits 0 '"regression": false' --json old.json old.json

# What cannot be read, and is told before anything is printed.
exits 2 'cannot read none.json: No such file' none.json old.json
exits 2 'cannot read .*: it is a directory' old.json .
: >"$work/empty.json"
exits 2 'empty.json is empty' old.json empty.json
head -c 200 "$work/old.json" >"$work/half.json"
exits 2 'half.json is not JSON: it goes wrong at byte' half.json old.json
printf '[1e999]' >"$work/large.json"
exits 2 'large.json has a number that is too large' old.json large.json
echo '[1, 2]' >"$work/list.json"
exits 2 'list.json is not a result file of this muster-bench' old.json list.json
echo '{"some": "thing"}' >"$work/thing.json"
exits 2 'there is no "machine" where one belongs' old.json thing.json
sed 's/^{/{"schema": 7, /' "$work/old.json" >"$work/later.json"
exits 2 'its schema is 7' old.json later.json
sed 's/"median": 1e6/"median": null/' "$work/old.json" >"$work/null.json"
exits 2 '"median" is not what it should be' null.json old.json
sed 's/per_second/furlongs/' "$work/old.json" >"$work/unit.json"
exits 2 'there is no unit "furlongs"' old.json unit.json
sed 's/per_second/seconds/' "$work/old.json" >"$work/meaning.json"
exits 2 'means something else in each file' old.json meaning.json
exits 2 '"cases" is not what it should be' old.json <(sed 's/"cases": \[/"cases": 5, "x": [/' "$work/old.json")

# Options that make no sense.
exits 2 'NEW is required' old.json
exits 2 '-1 is not a number of per cent' --threshold=-1 old.json slow.json
exits 2 'lots is not a number of per cent' --threshold lots old.json slow.json
exits 2 'nowhere' --nowhere old.json slow.json
got=0
"$program" "$work/old.json" "$work/old.json" >/dev/full 2>"$work/err" || got=$?
[ "$got" -eq 2 ] || fail "exit code $got for a full disk"
grep -q 'cannot write' "$work/err" || fail "nothing is said of a full disk"
exit 0
