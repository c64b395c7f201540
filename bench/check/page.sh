# Usage: page.sh PROGRAM. The page and the picture that muster-bench draws, and what it refuses.
program=$1
. "$(dirname "$0")/lib.sh"
measured='promise to future'
page=$work/page.html
picture=$work/picture.svg

has() { grep -qF -- "$2" "$1" || fail "$1 has no '$2'"; }
has_not() { ! grep -qE -- "$2" "$1" || fail "$1 has '$2'"; }

refuses 1 "cannot write $work/none/page.html" --scenario micro --html "$work/none/page.html"
refuses 1 "cannot write $work/none/page.svg" --scenario micro --svg "$work/none/page.svg"
refuses 1 "cannot write $work" --scenario micro --html "$work"
refuses 2 'say where to, with --html or --svg' --from "$work/figures.json"
refuses 2 'nothing for --json' --from a.json --html "$page" --json b.json
refuses 1 'cannot read nothing.json' --from nothing.json --html "$page"
echo '{}' >"$work/empty.json"
refuses 1 'is not a result file' --from "$work/empty.json" --html "$page"

echo '{"machine": {}, "settings": {}, "scenarios": []}' >"$work/none.json"
refuses 1 "none.json has no scenarios, so there is nothing to draw" --from "$work/none.json" --html "$page"
[ ! -e "$page" ] || fail 'an empty page was left'

# A page that is not drawn leaves the one that was there.
echo 'of yesterday' >"$page"
refuses 1 'is not a result file' --from "$work/empty.json" --html "$page"
has "$page" 'of yesterday'

# From a run.
"$program" --scenario micro --runs 3 --json "$work/figures.json" --html "$page" \
  >"$work/out" 2>"$work/err" || fail 'a run with a page'
has "$work/out" "page: $page"
has "$page" 'promise to future and result'
has "$page" '</html>'
has_not "$page" 'of yesterday'
# The same from its file, but for doubts, which the file does not keep.
"$program" --from "$work/figures.json" --html "$work/again.html" >"$work/out" 2>"$work/err" ||
  fail 'a page from a file'
diff <(grep '<tr' "$page") <(grep '<tr' "$work/again.html") >"$work/out" || fail 'another page'

# All kinds of charts and rows, from a file that is made up.
figure() { echo "{\"median\": $1, \"lower_quartile\": $2, \"upper_quartile\": $3, \"runs\": [$2, $2, $1, $3, $3]}"; }
case_of() { # PEER VARIANT X MORE
  echo "{\"peer\": \"$1\", \"peer_title\": \"<$1> & co\", \"workers\": 2, \"variant\": \"$2\",
         \"size\": 10, \"heat\": \"cold\", \"x\": {$3}, $4}"
}
points() { # PEER FACTOR
  for tasks in 100 1000 10000; do
    case_of "$1" growing "\"tasks\": $tasks" "\"values\": {\"rate\": $(figure "${2}e6" "${2}e6" "${2}e6")}"
    echo ,
  done
}
rate() { echo "\"values\": {\"rate\": $(figure "$1" "$2" "$3")}"; }
latency() { echo "\"values\": {\"p50\": $(figure "$1" "$1" "$1"), \"p99\": $(figure "$2" "$2" "$2")}"; }
cat >"$work/made.json" <<JSON
{"machine": {"processor": "made up & <small>"}, "settings": {"workers": [1, 2]}, "scenarios": [
 {"name": "throughput", "summary": "n -> n + 1", "notes": ["a remark"],
  "metrics": {"rate": {"title": "tasks", "unit": "per_second", "more_is_better": true}},
  "cases": [$(case_of process kept '' "$(rate 2e7 1.9e7 2.1e7)"),
            $(case_of thread kept '' "$(rate 1.8e7 1.7e7 2.0e7)"),
            $(case_of py-pool kept '' "$(rate 1e4 0.9e4 1.1e4)"),
            $(case_of loky kept '' '"missing": "install python3-joblib"'),
            $(case_of asio kept '' '"failure": "ended by signal 11"'),
            $(points process 2) $(points thread 1) $(case_of serial none '' "$(rate 1 1 1)")]},
 {"name": "latency", "notes": [], "metrics": {
    "p50": {"title": "p50", "unit": "seconds", "more_is_better": false},
    "p99": {"title": "p99", "unit": "seconds", "more_is_better": false}},
  "cases": [$(case_of process '' '' "$(latency 3e-7 1e-6)"),
            $(case_of asio '' '' "$(latency 1e-5 4e-5)")]}]}
JSON
"$program" --from "$work/made.json" --html "$page" --svg "$picture" >"$work/out" 2>"$work/err" ||
  fail 'a page from a made-up file'
has "$work/out" "picture: $picture"
has "$page" 'made up &amp; &lt;small&gt;'
has "$page" '&lt;py-pool&gt; &amp; co'
has "$page" 'n -&gt; n + 1'
has "$page" '<div class="ratio">2000× slower</div>'
has "$page" '<div class="ratio same">no real difference</div>'
has "$page" 'missing: install python3-joblib'
has "$page" 'failed: ended by signal 11'
has "$page" 'class="bar"'
has "$page" 'class="whisker"'
has "$page" 'class="mark m1"'
has "$page" '<h3>Over tasks queued, 2 workers</h3>'
has "$page" '>10⁴</text>'
has "$page" '<td>cold</td>'
has "$page" 'What is slow and stays slow'
has "$picture" 'Muster process pool'
has_not "$picture" 'loky'
# Nothing comes from elsewhere, and no number went wrong.
for file in "$page" "$picture"; do
  has_not "$file" '(src|href)="[^#]'
  has_not "$file" '@import|url\('
  has_not "$file" '="[^"]*\b(nan|inf)\b'
done

# A picture of results that have nothing for it says so.
"$program" --from "$work/figures.json" --svg "$picture" >"$work/out" 2>"$work/err" ||
  fail 'a picture of little'
has "$picture" 'There are no figures of throughput or latency here.'

# Which peers were chosen stands in the options where some were.
sed 's/"settings": {/&"peers": [], /' "$work/made.json" >"$work/all.json"
"$program" --from "$work/all.json" --html "$page" >"$work/out" 2>"$work/err" || fail 'no peers chosen'
has_not "$page" 'peers: *[;<]'
sed 's/"settings": {/&"peers": ["py-*", "thread"], /' "$work/made.json" >"$work/some.json"
"$program" --from "$work/some.json" --html "$page" >"$work/out" 2>"$work/err" || fail 'some peers chosen'
has "$page" 'peers: py-*, thread'

# What no page can be drawn from is refused with a sentence.
sed 's/"median": 1e4/"median": 1.7e308/' "$work/made.json" >"$work/wrong.json"
refuses 1 'scenario "throughput": case 3 ("py-pool, kept"): "rate": "median" is 1.7e+308' \
  --from "$work/wrong.json" --html "$page"
head -c 2000000 /dev/zero | tr '\0' '[' >"$work/deep.json"
refuses 1 'lists and objects are more than 32 deep in each other' --from "$work/deep.json" --html "$page"
# As far apart as numbers may be.
sed 's/"median": 1e4, "lower_quartile": 0.9e4, "upper_quartile": 1.1e4, "runs": \[[^]]*/"median": 1e-18, "lower_quartile": 1e-18, "upper_quartile": 1e18, "runs": [1e-18, 1e18/' \
  "$work/made.json" >"$work/far.json"
! cmp -s "$work/made.json" "$work/far.json" || fail 'nothing is far apart'
"$program" --from "$work/far.json" --html "$page" --svg "$picture" >"$work/out" 2>"$work/err" ||
  fail 'a page of what is far apart'
[ "$(wc -c <"$page")" -lt 200000 ] || fail 'an axis has too many ticks'

# A full disk.
refuses 1 'cannot write /dev/full' --from "$work/made.json" --html /dev/full
refuses 1 'cannot write /dev/full' --from "$work/made.json" --svg /dev/full
exit 0
