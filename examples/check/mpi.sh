# Sourced by the checks of programs that mpirun starts.
on_three_ranks() {
  if "$mpiexec" --version 2>&1 | grep -q "Open MPI\|OpenRTE"; then
    "$mpiexec" --allow-run-as-root --oversubscribe -n 3 "$@"
  else
    "$mpiexec" -n 3 "$@"
  fi
}
