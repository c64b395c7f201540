# gzip_round_trip.sh PROGRAM processes|threads: what parallel-gzip writes is one valid .gz that
# gzip turns back into the same bytes.
. "$(dirname "$0")/lib.sh"

program=$(realpath "$1")
script=$(realpath "$0")
kind=()
if [ "$2" = threads ]; then kind=(--threads); fi
cd "$work" || exit 1
mkdir files

# round_trip FILE OPTIONS...: the file is still there and nothing but FILE.gz was added.
round_trip() {
  local file=$1
  shift
  "$program" "${kind[@]}" "$@" "$file" >"$out" 2>"$err" || fail "exit code $?: $* $file"
  [ ! -s "$out" ] || fail "something on standard output: $* $file"
  expect_equal "files" "$(ls -A files | tr '\n' ' ')" "${file#files/} ${file#files/}.gz "
  gzip -t "$file.gz" || fail "gzip finds fault with it: $* $file"
  gzip -dc "$file.gz" | cmp - "$file" || fail "other bytes: $* $file"
}

done_with() {
  rm -f "$1" "$1.gz"
}

block=131072
for size in 0 1 $((block - 1)) $block $((block + 1)) $((2 * block)) $((5 * block + 777)); do
  seq 1 1000000 | head -c "$size" >files/numbers
  round_trip files/numbers --workers 2 --no-compare
  done_with files/numbers
done

# 20 MB, and the report that goes with it.
seq 1 3000000 | head -c 20000000 >files/numbers
chmod 640 files/numbers
round_trip files/numbers --workers 2
cp "$err" "$out"
workers=processes
one=process
if [ "$2" = threads ]; then workers=threads one=thread; fi
expect 1 "^parallel-gzip: 'files/numbers': 20.0 MB to .* MB/s with 2 $workers\$"
expect 1 "^parallel-gzip: one $one: .* MB/s over the same bytes; speed-up [0-9.]+\$"
expect_equal "permissions" "$(stat -c %a files/numbers.gz)" 640

# The blocks refer back across their borders, so little is lost against gzip.
ours=$(stat -c %s files/numbers.gz)
theirs=$(gzip -6 -c files/numbers | wc -c)
[ $((ours * 100)) -le $((theirs * 103)) ] || fail "$ours bytes, gzip makes $theirs of them"

# What does not compress.
mv files/numbers.gz files/noise
rm files/numbers
round_trip files/noise --workers 2 --no-compare
done_with files/noise

# A script, a program; other levels, blocks and numbers of workers.
cp "$script" files/script.sh
round_trip files/script.sh --no-compare
done_with files/script.sh
cp /bin/bash files/program
for options in "--level 0" "--level 1 --workers 1" "--level 9 --workers 3" \
  "--block-size 32K" "--block-size 1M"; do
  round_trip files/program --no-compare $options
  rm files/program.gz
done

# To standard output, with standard input closed and with standard error closed.
"$program" "${kind[@]}" -c files/program <&- 2>"$err" | gzip -dc | cmp - files/program ||
  fail "-c gave other bytes"
"$program" "${kind[@]}" -o files/out.gz files/program 2>&- || fail "exit code $?: 2>&-"
gzip -dc files/out.gz | cmp - files/program || fail "2>&- gave other bytes"

# From a pipe, and over a file that exists.
"$program" "${kind[@]}" -f -o files/out.gz <(seq 1 1000000) 2>"$err" || fail "exit code $?: pipe"
seq 1 1000000 | cmp - <(gzip -dc files/out.gz) || fail "a pipe gave other bytes"
