# gzip_killed.sh PROGRAM processes|threads: parallel-gzip, or a process of its pool, is killed in
# the middle. Input comes through a pipe that this script feeds, so the middle is certain.
. "$(dirname "$0")/lib.sh"

program=$(realpath "$1")
cd "$work" || exit 1
mkdir files
: >"$out"
seq 1 3000000 | head -c 8000000 >whole
head -c 4000000 whole >first_half
tail -c 4000000 whole >second_half
mkfifo pipe

children_of() {
  cat /proc/"$1"/task/*/children 2>/dev/null
}

# True if the process is gone, or a zombie that its parent has yet to collect.
is_gone() {
  ! grep -qE '^State:[[:space:]]+[^ZX]' "/proc/$1/status" 2>/dev/null
}

wait_until_gone() {
  for pid in "$@"; do
    until is_gone "$pid"; do sleep 0.05; done
  done
}

# Starts the program and returns when it has read the first half and waits for more.
start() {
  # In the background a script's commands ignore SIGINT unless told otherwise.
  env --default-signal=INT "$program" "$@" --workers 2 -o files/out.gz pipe 2>"$err" &
  client=$!
  exec 9>pipe
  cat first_half >&9
  supervisor=$(children_of "$client")
  workers=()
  for pid in $supervisor; do workers+=($(children_of "$pid")); done
}

feed_the_rest() {
  cat second_half >&9
  exec 9>&-
}

expect_whole_result() {
  wait "$client"
  expect_equal "exit code" $? 0
  expect_equal "files" "$(ls -A files)" out.gz
  gzip -dc files/out.gz | cmp - whole || fail "other bytes"
  rm files/out.gz
}

# expect_end_by SIGNAL_NUMBER
expect_end_by() {
  wait "$client"
  expect_equal "exit code" $? $((128 + $1))
  wait_until_gone $supervisor "${workers[@]}"
  [ ! -e files/out.gz ] || fail "a file under the final name"
  exec 9>&-
}

if [ "$2" = threads ]; then
  start --threads
  feed_the_rest
  expect_whole_result

  start --threads
  kill -TERM "$client"
  expect_end_by 15
  expect_equal "files" "$(ls -A files)" ""
  exit 0
fi

# Both workers, one after the other, while blocks come in: these are deflated again, by the
# workers that take their places.
start
expect_equal "workers" "${#workers[@]}" 2
head -c 2000000 second_half >&9 &
feeder=$!
kill -KILL "${workers[0]}"
wait $feeder
tail -c 2000000 second_half >&9 &
feeder=$!
kill -KILL "${workers[1]}"
wait $feeder
exec 9>&-
expect_whole_result

# The supervisor: the pool is broken.
start
kill -KILL $supervisor
cat second_half >&9 2>/dev/null
exec 9>&-
wait "$client"
expect_equal "exit code" $? 1
grep -q '^parallel-gzip: .*pool' "$err" || fail "the error does not speak of the pool"
expect_equal "files" "$(ls -A files)" ""
wait_until_gone "${workers[@]}"

# The program itself, asked to end: the unfinished file is removed too.
for signal in INT TERM HUP; do
  start
  kill -"$signal" "$client"
  expect_end_by "$(kill -l "$signal")"
  expect_equal "files" "$(ls -A files)" ""
done

# The program itself, with no chance to tidy up.
start
kill -KILL "$client"
expect_end_by 9
