# run_suite.sh MPIEXEC PROGRAM SUITE RANKS: the tests of a suite, on rank 0.
. "$(dirname "$0")/lib.sh"
program=$1 suite=$2 ranks=$3
start "$ranks" "$program" --gtest_filter="$suite.*"
