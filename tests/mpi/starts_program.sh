# starts_program.sh MPIEXEC PROGRAM: a program that a rank or a task starts is not taken for the rank.
. "$(dirname "$0")/lib.sh"
run 3 "$1"
[ "$status" = 0 ] || fail "the job ended with $status"
[ "$(grep -c "child 42" <<<"$said")" = 2 ] || fail "a child of rank 0 and one of a task did not run"
grep -q "ranks 2, statuses 0" <<<"$said" || fail "the job has other ranks"
