# Sourced by the scripts here: mpirun as these tests need it.
set -u
mpiexec=$1
shift

# start N PROGRAM ...: with so many ranks, more than there are processors, as whoever runs this.
start() {
  local ranks=$1
  shift
  if "$mpiexec" --version 2>&1 | grep -q "Open MPI\|OpenRTE"; then
    timeout -k 5 150 "$mpiexec" --allow-run-as-root --oversubscribe -n "$ranks" "$@"
  else
    timeout -k 5 150 "$mpiexec" -n "$ranks" "$@"
  fi
}

# run N PROGRAM ...: the same, what it prints into $said and how it ends into $status.
run() {
  status=0
  said=$(start "$@" 2>&1) || status=$?
  echo "$said"
}

fail() {
  echo "FAILED: $*"
  exit 1
}
