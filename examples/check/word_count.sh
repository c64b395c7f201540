# word_count.sh PROGRAM processes|threads: the counts are right, in whatever files the words are;
# what cannot be done is said.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/errors.sh"

cd "$work" || exit 1
mkdir -p text/inner empty
printf 'The cat, the dog.\nTHE END' >text/a
printf 'cat caf\303\251 42' >text/inner/b
: >text/nothing
run "$program" "${kind[@]}" --check -w 2 --top 3 text
expect_equal "output" "$(cat "$out")" "3 the
2 cat
1 42
checked: 6 different words in 3 files"
run "$program" "${kind[@]}" --top 100 text
expect 1 "^1 caf$(printf '\303\251')\$"
run "$program" "${kind[@]}" --check empty
expect_equal "output" "$(cat "$out")" "checked: 0 different words in 0 files"

# Many files, some larger than what is read at once.
mkdir many
for i in $(seq 50); do seq "$i" $((i * 400)) >"many/$i"; done
run "$program" "${kind[@]}" --check -w 2 --top 0 many
expect_equal "output" "$(cat "$out")" "checked: 20000 different words in 50 files"

run "$program" "${kind[@]}" --bench --runs 1 text
expect 1 '^process pool '
expect 1 '^thread pool '
expect 1 '^std::thread .* 1.000 of std::thread'

refuses 2 "FOLDER is required"
refuses 2 "Directory does not exist: missing" missing
refuses 2 "--top: -1 is not a whole number" --top=-1 text
refuses 2 "--workers: two is not a whole number" --workers two text

# Links are not followed, as by grep -r: neither one that leads nowhere, nor to itself, nor back up,
# nor to a file; but the folder itself may be one.
mkdir -p links/inner
echo word >links/file
ln -s missing links/nowhere
ln -s loop links/loop
ln -s ../../links links/inner/up
ln -s ../file links/inner/again
mkfifo links/pipe
ln -s links to_links
for folder in links to_links; do
  run "$program" "${kind[@]}" --check -w 2 "$folder"
  expect_equal "output" "$(cat "$out")" "1 word
checked: 1 different words in 1 files"
done

# What cannot be read is named and left out, the rest is counted. The super-user may read
# everything, unless he has no capabilities.
if [ "$(id -u)" -eq 0 ]; then
  kind=(--bounding-set=-dac_override,-dac_read_search "$program" "${kind[@]}")
  program=setpriv
fi
mkdir text/closed
chmod 000 text/a text/closed
refuses 1 "word-count: cannot open 'text/a': Permission denied" --check -w 2 text
expect_equal "output" "$(cat "$out")" "1 42
1 caf$(printf '\303\251')
1 cat
checked: 3 different words in 2 files"
expect_equal "standard error" "$(sort "$err")" \
  "word-count: cannot open 'text/a': Permission denied
word-count: cannot read 'text/closed': Permission denied
word-count: files or folders that are not counted: 2"
refuses 1 "word-count: cannot read 'text/closed': Permission denied" text/closed
chmod 700 text/closed
