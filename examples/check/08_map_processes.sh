. "$(dirname "$0")/lib.sh"

run "$1"
expect_equal "results" "$(pick '^ran task (.) in process [0-9]+$')" "5 4 3 2 1"

main=$(pick '^main is process ([0-9]+)$')
processes=$(pick '^ran task . in process ([0-9]+)$')
distinct=$(printf '%s\n' $processes | sort -u | wc -l)
reused=$(printf '%s\n' $processes | sort | uniq -d | wc -l)
[ "$distinct" -le 2 ] || fail "$distinct processes in a pool of 2"
[ "$reused" -ge 1 ] || fail "no worker ran two tasks"
case " $processes " in *" $main "*) fail "a task ran in the main process" ;; esac
