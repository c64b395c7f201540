# start_fails.sh MPIEXEC PROGRAM OTHER: a job that cannot start says so once, and ends.
. "$(dirname "$0")/lib.sh"
MUSTER_MPI_SILENCE=soon run 3 "$1" none
[ "$status" != 124 ] || fail "a silence that is none hangs the job"
[ "$(grep -c 'MUSTER_MPI_SILENCE is "soon"' <<<"$said")" = 1 ] || fail "it is not said once"
MUSTER_MPI_SILENCE=2 run 1 "$1" none : -n 1 "$2"
[ "$status" != 124 ] || fail "a rank without Muster hangs the job"
grep -qE "Error: no word of rank 1 after [0-9]+" <<<"$said" || fail "the rank is not named"
