. "$(dirname "$0")/lib.sh"

# The results always come in the order of the inputs. Tasks end out of order unless the machine
# holds a thread up for longer than the tasks sleep, so that part may take a few runs to show.
for attempt in 1 2 3 4 5; do
  run "$1"
  expect 1 '^main: waiting for the results$'
  expect_equal "results" "$(pick '^main: slept (.*) s$')" "0.5 0.4 0.3 0.2 0.1"
  for n in 1 2 3 4 5; do
    expect 1 "^task $n: sleeping\$"
    expect 1 "^task $n: done\$"
  done
  [ "$(pick '^task (.): done$')" = "5 4 3 2 1" ] || exit 0
done
fail "the tasks never ended out of order"
