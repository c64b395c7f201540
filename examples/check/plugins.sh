# plugins.sh PROGRAM LIBRARY WORKER: the program calls tasks that only the library has.
. "$(dirname "$0")/lib.sh"

program=$1
library=$2
export MUSTER_WORKER=$3

run "$program" "$library"
expect 1 "^words: 6\$"
expect 1 "^reversed: desserts\$"
expect 1 "^the task threw: there is nothing to reverse\$"
expect 1 "^reversed: reward\$"
expect 1 "^refused: the task \"count_words\" is called as long .*, but in .* it is int "

run "$MUSTER_WORKER" --module "$library" --list
expect 1 "^  count_words    int \\(std::string_view\\)\$"
expect 1 "^  text.reversed  std::string \\(std::string\\)\$"

"$program" /no/such/library.so >"$out" 2>"$err" && fail "it went on without its library"
grep -q "/no/such/library.so cannot be read: No such file" "$err" || fail "$(cat "$err")"
