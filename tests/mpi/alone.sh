# alone.sh MPIEXEC PROGRAM: without mpirun the pool is one of this process, and says so.
. "$(dirname "$0")/lib.sh"
said=$(mktemp)
trap 'rm -f "$said"' EXIT
MUSTER_TEST_RANKS=0 timeout 100 "$1" --gtest_filter='MpiPool.Map*:MpiPool.Submit*' 2>"$said" ||
  fail "exit code $?"
grep -q "made without mpirun or with one rank" "$said" || fail "no note: $(cat "$said")"
