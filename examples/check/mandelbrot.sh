# mandelbrot.sh PROGRAM processes|threads: the picture is what a plain loop draws, also where the
# last tile is cut; what cannot be done is said.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/errors.sh"

cd "$work" || exit 1
for size in "64 40" "33 13" "1 1" "5 8"; do
  read -r width height <<<"$size"
  run "$program" "${kind[@]}" --check -w 2 -o a.png --width "$width" --height "$height" \
    --iterations 50
  expect_equal "output" "$(cat "$out")" "checked: $((width * height)) pixels of 'a.png'"
done

run "$program" "${kind[@]}" --bench --runs 1 --width 32 --height 20
expect 1 '^process pool '
expect 1 '^thread pool '
expect 1 '^plain loop '

# A new picture is as any new file, replaces the old one with its permissions, and where the name is
# a link, what that names.
mkdir pictures
(umask 027; "$program" "${kind[@]}" -o pictures/a.png --width 8 --height 8) || fail "exit code $?"
expect_equal "permissions" "$(stat -c %a pictures/a.png)" 640
chmod 604 pictures/a.png
ln -s pictures/a.png link.png
run "$program" "${kind[@]}" -o link.png --check --width 9 --height 9
expect_equal "permissions" "$(stat -c %a pictures/a.png)" 604
expect_equal "the link" "$(readlink link.png)" pictures/a.png
mkfifo pipe
cat pipe >from_pipe.png &
run "$program" "${kind[@]}" -o pipe --width 9 --height 9
wait $!
[ -p pipe ] || fail "the pipe was replaced"
cmp from_pipe.png pictures/a.png || fail "what came through the pipe is not the picture"

# What fails leaves the old picture and nothing else. Too large is said before anything is drawn.
refuses 1 "65535 x 65535 pixels are too many: a PNG is written of at most 1431655765" \
  -o pictures/a.png --width 65535 --height 65535
run "$program" "${kind[@]}" -o pictures/b.png --width 9 --height 9
cmp pictures/a.png pictures/b.png || fail "the old picture is not what it was"
refuses 1 "cannot write 'pictures': Is a directory" -o pictures --width 8 --height 8
expect_equal "files" "$(ls -A pictures | tr '\n' ' ')" "a.png b.png "

# A disk that is really full, where this user may mount one.
mkdir disk
unshare --mount --map-root-user bash -c '
  mount -t tmpfs -o size=64k none disk && cp pictures/a.png disk || exit 99
  "$@"
  code=$?
  cmp pictures/a.png disk/a.png
  ls -A disk
  exit $code' with_disk "$program" "${kind[@]}" -o disk/a.png >"$out" 2>"$err"
code=$?
if [ $code -eq 99 ] || grep -q '^unshare:' "$err"; then
  echo "not tried: no file system can be mounted here: $(head -n 1 "$err")"
else
  expect_equal "exit code on a full disk" $code 1
  grep -qF "cannot write 'disk/a.png': " "$err" || fail "expected an error that names the file"
  expect_equal "files on the full disk" "$(cat "$out")" "a.png"
fi

refuses 1 "cannot write 'nowhere/a.png': No such file" -o nowhere/a.png --width 8 --height 8
# By way of a link: what removed the file that it cannot write to would not remove the device.
ln -s /dev/full full
refuses 1 "cannot write 'full': " -o full --width 8 --height 8
refuses 1 "cannot write 'full': " -o full --width 640 --height 480 --iterations 50
expect_equal "what is left" "$(readlink full)" /dev/full
[ -c /dev/full ] || fail "/dev/full was replaced"
refuses 2 "--width: 0 is not a whole number from 1 to 65535" --width 0
refuses 2 "--height: -1 is not a whole number" --height=-1
refuses 2 "--iterations: many is not a whole number" --iterations many
refuses 2 "--workers: 5000 is not a whole number from 0 to 4095" --workers 5000
refuses 2 "" --check --bench
refuses 2 "" unexpected
