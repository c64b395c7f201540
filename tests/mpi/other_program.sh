# other_program.sh MPIEXEC PROGRAM OTHER: a rank that runs another program is refused by name.
. "$(dirname "$0")/lib.sh"
run 1 "$1" none : -n 1 "$2"
[ "$status" != 124 ] || fail "the job hangs"
grep -q "rank 1 on .* does not run what rank 0 runs" <<<"$said" || fail "the rank is not named"
grep -q "rank 0 has .*mpi_lost_rank (.*), it has .*mpi_other_program (" <<<"$said" ||
  fail "it does not say what differs"
[ "$(grep -c "does not run what rank 0 runs" <<<"$said")" = 1 ] || fail "it is not said once"
