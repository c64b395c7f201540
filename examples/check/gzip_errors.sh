# gzip_errors.sh PROGRAM processes|threads: where parallel-gzip cannot do what it was asked to, it
# says so in one line, exits with 1 (2 for a bad command line) and leaves no file behind.
. "$(dirname "$0")/lib.sh"

program=$(realpath "$1")
kind=()
if [ "$2" = threads ]; then kind=(--threads); fi
cd "$work" || exit 1
mkdir files
: >"$out"
seq 1 500000 >files/numbers

# The super-user may open everything; without these capabilities he is held to permissions too.
as_user=()
if [ "$(id -u)" -eq 0 ]; then
  as_user=(setpriv --bounding-set=-dac_override,-dac_read_search)
fi

# said EXIT_CODE EXPECTED_CODE REGEX: the error is one line that matches, and no file was left.
said() {
  expect_equal "exit code" "$1" "$2"
  expect_equal "lines on standard error" "$(wc -l <"$err")" 1
  grep -qE "^parallel-gzip: .*$3" "$err" || fail "expected an error that matches: $3"
  expect_equal "files" "$(ls -A files | tr '\n' ' ')" "numbers "
}

# refuses REGEX ARGUMENTS...
refuses() {
  local regex=$1
  shift
  "${as_user[@]}" "$program" "${kind[@]}" "$@" >"$out" 2>"$err"
  said $? 1 "$regex"
}

# The input.
refuses "cannot open 'files/missing': No such file" files/missing
refuses "cannot compress 'files': Is a directory" files
chmod 000 files/numbers
refuses "cannot open 'files/numbers': Permission denied" files/numbers
chmod 644 files/numbers
refuses "cannot read '/proc/self/mem': Input/output error" /proc/self/mem -o files/out.gz

# The output.
refuses "'files/numbers' is the input itself" -f files/numbers -o files/numbers
refuses "cannot write 'files': Is a directory" -f files/numbers -o files
refuses "cannot make a file in 'nowhere': No such file" files/numbers -o nowhere/out.gz
refuses "'/dev/full' is not a regular file" -f files/numbers -o /dev/full
mkdir locked
chmod 555 locked
refuses "cannot make a file in 'locked': Permission denied" files/numbers -o locked/out.gz
echo precious >taken.gz
refuses "'taken.gz' exists already; -f replaces it" files/numbers -o taken.gz
expect_equal "the file that existed" "$(cat taken.gz)" precious

# A full disk and other ends of writing. The limit on a file's size also holds for the memory
# that processes share, so there the error may come from the pool.
"$program" "${kind[@]}" -c files/numbers 2>"$err" >/dev/full
said $? 1 "cannot write standard output: No space left on device"
"$program" "${kind[@]}" -c files/numbers 2>"$err" >&-
said $? 1 "cannot write standard output: Bad file descriptor"
(ulimit -f 100; exec "$program" "${kind[@]}" files/numbers 2>"$err")
code=$?
if [ "$2" = threads ]; then
  said $code 1 "cannot write 'files/numbers.gz': File too large"
else
  said $code 1 "."
fi
"$program" "${kind[@]}" -c /dev/zero 2>"$err" | head -c 10 >"$out"
said "${PIPESTATUS[0]}" 1 "cannot write standard output: Broken pipe"
expect_equal "bytes that came through the pipe" "$(wc -c <"$out")" 10

# A disk that is really full, where this user may mount one.
mkdir disk
unshare --mount --map-root-user bash -c '
  mount -t tmpfs -o size=256k none disk || exit 99
  "$@"
  code=$?
  ls -A disk
  exit $code' with_disk "$program" "${kind[@]}" files/numbers -o disk/out.gz >"$out" 2>"$err"
code=$?
if [ $code -eq 99 ] || grep -q '^unshare:' "$err"; then
  echo "not tried: no file system can be mounted here: $(head -n 1 "$err")"
else
  said $code 1 "cannot write 'disk/out.gz': No space left on device"
  expect_equal "files on the full disk" "$(cat "$out")" ""
fi

# The command line.
bad_usage() {
  "$program" "${kind[@]}" "$@" >"$out" 2>"$err"
  expect_equal "exit code of $*" $? 2
  [ -s "$err" ] || fail "nothing on standard error: $*"
}
bad_usage
bad_usage files/numbers --level 10
bad_usage files/numbers --block-size 1K
bad_usage files/numbers --workers -1
bad_usage files/numbers -c -o files/out.gz
refuses "." files/numbers --workers 100000000
