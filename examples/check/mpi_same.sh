# mpi_same.sh PROGRAM MPIEXEC ARGUMENT...: three ranks print what a process pool prints.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/mpi.sh"
program=$1 mpiexec=$2
shift 2

run "$program" --check -w 2 "$@"
cp "$out" "$work/expected"
run on_three_ranks "$program" --mpi --check -w 2 "$@"
diff "$work/expected" "$out" || fail "the two differ"
