# lost_rank.sh MPIEXEC PROGRAM: a rank that dies is named, and what was there before it is kept.
. "$(dirname "$0")/lib.sh"
named="rank [12] on .* \(pid [0-9]+\) is lost: its process has ended"
run 3 "$1" kill
[ "$status" != 124 ] || fail "the job hangs"
grep -q "result before: 42" <<<"$said" || fail "the first task had no result"
grep -qE "$named" <<<"$said" || fail "the lost rank is not named"
# There the launcher leaves the other ranks alone.
"$mpiexec" --version 2>&1 | grep -q "Open MPI\|OpenRTE" || exit 0
run 3 --enable-recovery "$1" kill
[ "$status" != 124 ] || fail "with --enable-recovery the job hangs"
grep -qE "BrokenProcessPool: .*$named" <<<"$said" || fail "the task has no BrokenProcessPool"
