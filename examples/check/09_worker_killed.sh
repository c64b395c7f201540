. "$(dirname "$0")/lib.sh"

run "$1"
victim=$(pick '^main: killing process ([0-9]+)$')
[ -n "$victim" ] || fail "no process was killed"

broken='^main: BrokenProcessPool: .*process of the pool .*terminated abruptly'
broken+='.* while the future was running or pending'
expect 3 "$broken"
expect 3 "^main: BrokenProcessPool: .*\\b$victim\\b"
expect 3 '^main: BrokenProcessPool: .*\bSIGHUP\b'
expect 3 "^main: it names process $victim and signal 1\$"
expect_equal "last line" "$(tail -n 1 "$out")" "main: the pool takes no more tasks"
