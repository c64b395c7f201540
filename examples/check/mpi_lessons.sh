# mpi_lessons.sh PROGRAM MPIEXEC: three ranks say what a process pool says.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/mpi.sh"
program=$1 mpiexec=$2

run "$program" processes
cp "$out" "$work/expected"
expect_equal "lines" "$(wc -l <"$out")" 10
run on_three_ranks "$program" mpi
diff "$work/expected" "$out" || fail "the two differ"
