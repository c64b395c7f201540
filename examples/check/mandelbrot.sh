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

refuses 1 "cannot write 'nowhere/a.png'" -o nowhere/a.png --width 8 --height 8
# By way of a link: what removed the file that it cannot write to would not remove the device.
ln -s /dev/full full
refuses 1 "cannot write 'full': " -o full --width 8 --height 8
refuses 1 "cannot write 'full': " -o full --width 640 --height 480 --iterations 50
expect_equal "what is left" "$(readlink full)" /dev/full
refuses 2 "--width: 0 is not a whole number from 1 to 65535" --width 0
refuses 2 "--height: -1 is not a whole number" --height=-1
refuses 2 "--iterations: many is not a whole number" --iterations many
refuses 2 "--workers: 5000 is not a whole number from 0 to 4095" --workers 5000
refuses 2 "" --check --bench
refuses 2 "" unexpected
