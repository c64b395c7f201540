# mpi_gzip.sh PROGRAM MPIEXEC: three ranks write, byte for byte, what a process pool writes.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/mpi.sh"
program=$1 mpiexec=$2

cat /usr/bin/[a-c]* 2>/dev/null | head -c 5000000 >"$work/input"
"$program" -w 2 --no-compare -o "$work/processes.gz" "$work/input" >"$out" 2>"$err" ||
  fail "exit code $?"
on_three_ranks "$program" --mpi -w 2 --no-compare -o "$work/mpi.gz" "$work/input" \
  >"$out" 2>"$err" || fail "exit code $?"
cmp "$work/processes.gz" "$work/mpi.gz" || fail "the two files differ"
gzip -dc "$work/mpi.gz" | cmp - "$work/input" || fail "the file is not the input"
