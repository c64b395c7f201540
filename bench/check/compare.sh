# Usage: compare.sh PROGRAM. What muster-bench-compare says of files made for the purpose.
program=$1
. "$(dirname "$0")/lib.sh"

# figure MEDIAN LOWER UPPER [RUNS]: with nine runs, from LOWER to UPPER, if none are given.
figure() {
  local runs=${4:-[$(awk -v a="$2" -v b="$3" \
    'BEGIN { for (i = 0; i < 9; ++i) printf "%s%.9g", i ? ", " : "", a + i * (b - a) / 8 }')]}
  echo "{\"median\": $1, \"lower_quartile\": $2, \"upper_quartile\": $3, \"runs\": $runs}"
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

# Another median, but chance alone does that: noise, however large.
file noise.json "$(case_of process rate "$(figure 5e5 4e5 1.0e6 \
  '[3e5, 4e5, 4.5e5, 4.8e5, 5e5, 1.1e6, 1.2e6, 1.3e6, 1.4e6]')")"
exits 0 ' 0\.500  same$' old.json noise.json
silent beware

# More than chance does.
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
exits 3 'too few runs to tell' old.json single.json
grep -q 'beware: with 9 and 1 runs and 1 figures a difference in a single one of them cannot be told' \
  "$work/err" || fail 'nothing is said of too few runs'
# Nor have three: a tenth of all such pairs lie as far apart.
file three.json "$(case_of process rate "$(figure 1e5 1e5 1e5 '[1e5, 1.1e5, 1.2e5]')")"
file three-old.json "$(case_of process rate "$(figure 1e6 1e6 1e6 '[1e6, 1.1e6, 1.2e6]')")"
exits 3 'too few runs to tell' three-old.json three.json
grep -q 'with 3 runs a side and 1 figures .* p is 0.1 at least, .* takes 4 runs a side' "$work/err" ||
  fail 'nothing says how many runs it takes'

# A doubled figure of five runs among others, to either side: no regression told, but no pass either.
five() { # NAME MEDIAN: of the first of eight figures
  local i median=$2 cases=
  for i in 1 2 3 4 5 6 7 8; do
    cases+="${cases:+, }$(case_of process time \
      "$(figure "$median" "$median" "$median" "[$median, $median, $median, ${median}1, ${median}1]")" |
      sed "s/kept/way $i/")"
    median=1.0
  done
  file "$1" "$cases"
}
five five.json 1.0
five ten.json 2.0
exits 3 '8 figures: 7 same, 1 unsure' five.json ten.json
exits 3 'way 1 .* 2\.000  too few runs to tell' --changes five.json ten.json
exits 3 '8 figures: 7 same, 1 unsure' ten.json five.json
exits 0 '8 figures: 8 same' five.json five.json
exits 0 '8 figures: 8 same' --threshold 100 five.json ten.json
exits 3 '"too_few_runs": true' --json five.json ten.json
exits 0 '"too_few_runs": false' --json five.json five.json
# What is told to be slower comes first.
died='{"peer": "thread", "workers": 2, "variant": "kept", "size": 1, "failure": "it died"}'
lived=$(case_of thread time "$(figure 1 1 1)" | tr '\n' ' ')
sed "s|\"cases\": \[|&$died, |" "$work/ten.json" >"$work/died.json"
sed "s|\"cases\": \[|&$lived, |" "$work/five.json" >"$work/lived.json"
exits 1 '1 failed, 7 same, 1 unsure' lived.json died.json
exits 0 '3 nothing is told to be' --help

# Counts that differ by less than matters, whatever their quartiles and however few runs.
count_file() { # NAME MEDIAN RUNS
  file "$1" "$(case_of process calls "$(figure "$2" "$2" "$2" "$3")")"
  local metric='"calls": {"title": "calls", "unit": "count", "more_is_better": false'
  sed -i "s/\"rate\": {\"title\"/$metric, \"least_difference\": 0.01}, &/" "$work/$1"
}
count_file few.json 0.001 '[0, 0, 0.001, 0.001, 0.002, 0.002]'
count_file still-few.json 0.009 '[0.009, 0.009, 0.009, 0.009, 0.009, 0.01]'
count_file many.json 0.5 '[0.5, 0.5, 0.5, 0.5, 0.5, 0.6]'
count_file once.json 0.002 '[0.002]'
exits 0 ' 9\.000  same$' few.json still-few.json
exits 0 ' 2\.000  same$' few.json once.json
exits 1 ' more$' few.json many.json
exits 0 ' fewer$' many.json few.json
exits 3 'too few runs to tell' many.json once.json

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
exits 0 '1 figures: 1 same' --peer 'proc*' both.json crash.json
exits 2 'neither file has a peer "p\[qx\]\*"' --peer 'p[qx]*' both.json crash.json
# What failed before fails again, and what is new may fail.
exits 0 '2 figures: 1 same, 1 without figures' crash.json crash.json
grep -q 'fails, and had no figures before: ended by signal 11$' "$work/out" || fail 'no failure told'
exits 0 'fails, and had no figures before: ended by signal 11$' old.json crash.json
# Where a peer fails as a whole, all its cells do.
all='{"peer": "thread", "workers": 0, "variant": "", "size": 0, "failure": "it does not work"}'
file no-thread.json "$(case_of process rate "$(figure 1e6 9.9e5 1.01e6)"), $all"
exits 1 'thread pool, 2 workers, kept .* failed: it does not work$' both.json no-thread.json
exits 0 ' 1 without figures' no-thread.json no-thread.json
exits 0 'missing in the old file' no-thread.json both.json

# A figure that the other file does not have is named, whichever that is.
timed() { case_of process rate "$(figure 1e6 9.9e5 1.01e6)" | sed "s|}}\$|, \"time\": $(figure 1e-3 1e-3 1e-3)}}|"; }
file timed.json "$(timed)"
sed '/"time": {"title"/d; s/"more_is_better": true},/"more_is_better": true}}}]}/' "$work/old.json" \
  >"$work/untimed.json"
exits 0 'time .* missing in the new file$' timed.json untimed.json
exits 0 'time .* missing in the old file$' untimed.json timed.json
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

# What a run says against itself.
sed 's/^{/{"doubts": ["the load is 1.9: others use the processors, too"], /' "$work/old.json" \
  >"$work/loaded.json"
exits 0 'beware: the new run says of itself: the load is 1.9' old.json loaded.json
exits 0 'beware: the old run says of itself: the load is 1.9' loaded.json old.json

# Too many figures for the runs that there are.
many_cases() { # LOWER UPPER: 40 cases of five runs each
  local i
  for i in $(seq 40); do
    case_of process rate "$(figure 1e6 "$1" "$2" "[$1, $1, $1, $2, $2]")" |
      sed "s/kept/way $i/; $([ "$i" -eq 40 ] || echo 's/}}$/}},/')"
  done
}
file forty.json "$(many_cases 9.9e5 1e6)"
exits 0 '40 figures: 40 same' forty.json forty.json
grep -q 'with 5 runs a side and 40 figures a difference in a single one of them cannot be told from' \
  "$work/err" || fail 'nothing says that there are too few runs for so many figures'
grep -q 'that takes 7 runs a side, or fewer figures' "$work/err" || fail 'nothing says how many'

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
# wrong TEXT SED-SCRIPT: a file like old.json but for what the script changes is refused with the text.
wrong() {
  sed -E "$2" "$work/old.json" >"$work/wrong.json"
  ! cmp -s "$work/old.json" "$work/wrong.json" || fail "nothing is changed by $2"
  exits 2 "wrong.json is not a result file of this muster-bench: .*$1" wrong.json old.json
  exits 2 "wrong.json is not a result file of this muster-bench: .*$1" old.json wrong.json
}
rate='scenario "throughput": case 1 \("process, kept"\): "rate": '
for number in 1.7e308 5e-324 -1 -1e6 1e19; do
  wrong "$rate\"median\" is .*, and neither 0 nor from 1e-18 to 1e\\+18" "s/(\"median\": )1e6/\\1$number/"
  wrong "$rate\"runs\" is " "s/(\"runs\": \[)/\\1$number, /"
done
wrong "$rate\"lower_quartile\" is not what it should be" 's/("lower_quartile": )9.9e5/\1"x"/'
wrong "$rate.*median 1000000 is not between its quartiles" 's/("lower_quartile": )9.9e5/\11.005e6/'
wrong "$rate.*median 1000000 is not between its quartiles" 's/("upper_quartile": )1.01e6/\19.95e5/'
wrong "$rate.*median 1000000 is not between the least and the greatest of its runs" 's/"runs": \[[^]]*/"runs": [1, 2/'
wrong "$rate.*first quartile 1 is not between" 's/("lower_quartile": )9.9e5/\11/'
wrong "${rate}there are no \"runs\" where some belong" 's/"runs": \[[^]]*/"runs": [/'
for number in -1 1.5 1e300 65536 '"two"'; do
  wrong 'case 1 .*: "workers" is ' "s/(\"workers\": )2/\\1$number/"
  wrong 'case 1 .*: "threads" is ' "s/(\"workers\": 2)/\\1, \"threads\": $number/"
done
for number in -1000 0.5 1e300 9007199254740993; do
  wrong 'case 1 .*: "size" is .* no whole number from 0 to 9007199254740992' "s/(\"size\": )1000/\\1$number/"
  wrong 'case 1 .*: "payload_bytes" is ' "s/(\"size\": 1000)/\\1, \"payload_bytes\": $number/"
  wrong 'case 1 .*: "x" is ' "s/(\"size\": 1000)/\\1, \"x\": {\"tasks\": $number}/"
done
wrong '"threads" is 0, and no whole number from 1' 's/("size": 1000)/\1, "threads": 0/'
wrong '"heat" is "warm", and neither hot nor cold' 's/("size": 1000)/\1, "heat": "warm"/'
wrong 'metric "rate": "heat" is "warm"' 's/("title": "tasks")/\1, "heat": "warm"/'
wrong 'metric "rate": "least_difference" is -1' 's/("title": "tasks")/\1, "least_difference": -1/'
wrong '"x" has "colour", which is none of tasks, workers, threads' 's/("size": 1000)/\1, "x": {"colour": 1}/'
wrong '"x" has more than one parameter' 's/("size": 1000)/\1, "x": {"tasks": 1, "workers": 1}/'
wrong 'its schema is 1.5' 's/^\{/{"schema": 1.5, /'
wrong 'its schema is "1"' 's/^\{/{"schema": "1", /'
one=$(case_of process rate "$(figure 1e6 9.9e5 1.01e6)")
file twice.json "$one, $one"
exits 2 'scenario "throughput": the case of peer "process", variant "kept" and 2 workers is there twice' \
  old.json twice.json
sed -E 's/^ "scenarios": \[/&{"name": "throughput"}, /' "$work/old.json" >"$work/twice.json"
exits 2 'the scenario "throughput" is there twice' old.json twice.json

# Whatever is as deep as no result file is.
# nested OPENING CLOSING: two million of them in each other, wherever.
nested() {
  local deep closing
  deep=$(head -c 2000000 /dev/zero | sed "s/\x00/$1/g")
  closing=$(head -c 2000000 /dev/zero | sed "s/\x00/$2/g")
  printf '%s1%s' "$deep" "$closing" >"$work/deep.json"
  exits 2 'deep.json is not a result file .* more than 32 deep in each other' old.json deep.json
  printf '{"machine": {"a": %s1%s}}' "$deep" "$closing" >"$work/deep.json"
  exits 2 'deep.json is not a result file .* more than 32 deep in each other' deep.json old.json
  printf '%s' "$deep" >"$work/deep.json"
  exits 2 'deep.json is not a result file .* more than 32 deep in each other' deep.json old.json
}
nested '[' ']'
nested '{"a":' '}'
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
