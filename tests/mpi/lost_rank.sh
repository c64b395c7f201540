# lost_rank.sh MPIEXEC PROGRAM: a rank that dies is named, and what was there before it is kept.
. "$(dirname "$0")/lib.sh"
said=$(start 3 "$1" kill 2>&1)
echo "$said"
grep -q "result before: 42" <<<"$said" || fail "the first task had no result"
grep -qE "rank [12] on .* \(pid [0-9]+\) is lost: its process has ended" <<<"$said" ||
  fail "the lost rank is not named"
