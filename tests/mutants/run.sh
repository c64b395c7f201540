#!/usr/bin/env bash
# Breaks the library on purpose, one step at a time, and sees to it that a rung of the proof notices,
# and by what it promises. README.md says more.
#   run.sh [--quick]    the mutants that are caught within seconds
#   run.sh --full       all of them
#   run.sh --only NAME  this one; may be given several times
#   --sample N          so many of them only, chosen by chance
#   run.sh --build      only builds what they change, as it is without them
#   run.sh --list       their names, and what each removes
#   run.sh --check      whether every patch applies and says what it must; builds nothing
#   --json FILE         the results, as JSON, too
# It works on a copy of the tree in build/mutants/, with builds of its own that it keeps.
# Fails where a mutant is not caught, or by something else than it must break, where its patch does
# not apply, and where a rung fails without it.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
work=$root/build/mutants
tree=$work/tree
jobs=${MUSTER_JOBS:-$(nproc)}
# Of one run of a rung, in seconds: one that still runs then has hung without saying so.
limit=240
export MUSTER_TEST_WATCHDOG_SECONDS=${MUSTER_TEST_WATCHDOG_SECONDS:-15}
# Patches are applied where they are told to, not in a repository that happens to lie around it.
GIT_CEILING_DIRECTORIES=$work:$(dirname "$root")
export GIT_CEILING_DIRECTORIES

die() {
  echo "run.sh: $*" >&2
  exit 2
}

# ---- what a patch says of itself, in the lines above it ----

names() {
  local file
  for file in "$here"/patches/*.patch; do basename "$file" .patch; done
}
patch_of() { echo "$here/patches/$1.patch"; }
# said NAME KEY: what stands behind "KEY: ", a line each.
said() { sed -n "/^diff --git /q;s/^$2: //p" "$(patch_of "$1")"; }
# The net under it that is taken away first, a patch too: where it says "Without: NAME".
net_of() { said "$1" Without; }
net_patch() { [ "$1" = - ] || echo "$here/nets/$1.patch"; }

# ---- the check of the patches themselves ----

# What programs say that fail, whatever the reason and wherever.
any_failure="
main: FAILED
[  FAILED  ] Suite.Test
Segmentation fault (core dumped)
terminate called without an active exception
SUMMARY: AddressSanitizer: SEGV source.cpp:1 in function
SUMMARY: AddressSanitizer: heap-buffer-overflow source.cpp:1 in function
SUMMARY: ThreadSanitizer: data race source.cpp:1 in function
with sendmsg: ENOMEM it was ended by signal 11. Repeat with: strace
round 1 (wrong; killed while the client ran: nobody): the client was ended by SIGSEGV; it had said:"

# What a rung may be, with the build that it needs before it: "asan:muster-scribble --corruptions 500".
# Those of sanitizers are built in full runs alone.
is_rung() {
  case "$1" in
    asan:muster-scribble | tsan:protocol_test | fuzz:fuzz-*) ;;
    *:*) return 1 ;;
    muster-explore | muster-snapshots | muster-kill-steps | muster-soak | muster-ends) ;;
    muster-scribble | muster-syscalls | *_test) ;;
    *) return 1 ;;
  esac
}
preset_of() {
  case "$1" in
    *:*) echo "${1%%:*}" ;;
    *) echo release ;;
  esac
}
program_of() {
  local word=${1%% *}
  echo "${word#*:}"
}

check_one() {
  local name=$1 key bad=0 status
  local rungs says net program
  complain() {
    echo "$name: $*" >&2
    bad=1
  }
  for key in Removes Breaks Level; do
    [ "$(said "$name" $key | grep -c .)" = 1 ] || complain "it must have one line \"$key: ...\""
  done
  case "$(said "$name" Level)" in
    quick | full) ;;
    *) complain "its level is quick or full" ;;
  esac
  rungs=$(sed -n '/^diff --git /q;s/^\(Rung\|Says\): .*/\1/p' "$(patch_of "$name")")
  [[ $(paste -sd' ' <<<"$rungs") =~ ^(Rung Says ?)+$ ]] ||
    complain "it must name rungs, and after each \"Rung: PROGRAM ARGUMENTS\" have \"Says: PATTERN\""
  while read -r program _; do
    is_rung "$program" || complain "$program is no rung"
    [ "$(preset_of "$program")" = release ] || [ "$(said "$name" Level)" = full ] ||
      complain "its rung needs a build of its own, so its level is full"
  done < <(said "$name" Rung)
  while IFS= read -r says; do
    status=0
    grep -qE -- "$says" <<<"$any_failure" || status=$?
    [ $status = 1 ] || complain "\"$says\" is no pattern, or one that a crash matches, too"
  done < <(said "$name" Says)
  for net in $(net_of "$name"); do
    [ -f "$(net_patch "$net")" ] || complain "there is no nets/$net.patch"
  done
  # shellcheck disable=SC2046
  (cd "$root" && git apply --check $(net_patch "$(net_of "$name" | grep . || echo -)") \
    "$(patch_of "$name")") || complain "its patch does not apply"
  return $bad
}

check_all() {
  local failed=0 name count=0
  while read -r name; do
    check_one "$name" || failed=1
    count=$((count + 1))
  done < <(names)
  echo "$count mutants, $([ $failed = 0 ] && echo "all of them whole" || echo "NOT all of them whole")"
  return $failed
}

# ---- the copy and its build ----

# Files of the tree that git knows or would take, where they differ: what is the same keeps its time,
# so that only what changed is compiled again.
copy_file() {
  cmp -s "$root/$1" "$tree/$1" && return
  mkdir -p "$(dirname "$tree/$1")"
  cp "$root/$1" "$tree/$1"
}
copy_tree() {
  local file
  mkdir -p "$tree"
  (cd "$root" && git ls-files -z -co --exclude-standard) >"$work/files" ||
    die "the tree's files are found by git, in a clone of the repository"
  while IFS= read -r -d '' file; do
    [ ! -f "$root/$file" ] || copy_file "$file"
  done <"$work/files"
  while IFS= read -r -d '' file; do
    [ -f "$root/$file" ] || rm -f "$tree/$file"
  done < <(cd "$tree" && find . -type f -printf '%P\0')
}

configure() {
  local preset=$1
  [ ! -f "$work/$preset/build.ninja" ] || return 0
  # What a mutant leaves unused is no error.
  (cd "$tree" && cmake --preset "$preset" -B "$work/$preset" -Wno-dev -DMUSTER_BUILD_BENCH=OFF \
    -DMUSTER_BUILD_EXAMPLES=OFF -DMUSTER_WARNINGS_AS_ERRORS=OFF) >"$work/configure.log" 2>&1 ||
    { cat "$work/configure.log" >&2; die "CMake could not configure $preset."; }
}

# make PRESET TARGET...: 1 where it does not compile.
make() {
  configure "$1"
  cmake --build "$work/$1" -j "$jobs" --target "${@:2}" >"$work/build.log" 2>&1
}

files_of() { sed -n 's,^+++ b/,,p' "$1"; }
apply() { (cd "$tree" && git apply "$1"); }
revert() {
  local patch file
  for patch; do
    while IFS= read -r file; do copy_file "$file"; done < <(files_of "$patch")
  done
}

# A mutant may leave processes behind: those of these builds, by their ids.
end_leftovers() {
  local process
  for process in /proc/[0-9]*; do
    case "$(readlink "$process/exe" 2>/dev/null)" in
      "$work"/*) kill -9 "${process#/proc/}" 2>/dev/null || true ;;
    esac
  done
}

# run_rung RUNG: its exit code; what it says is in $work/out.
run_rung() {
  local words program build name command status=0
  read -ra words <<<"$1"
  build=$work/$(preset_of "$1")
  name=$(program_of "$1")
  program=$(find "$build/tests" -name "$name" -type f -perm -u+x -print -quit)
  [ -n "$program" ] || die "$name was not built"
  command=("$program" "${words[@]:1}")
  case "$1" in
    tsan:*) command=("$tree/tests/rungs/under_tsan.sh" "${command[@]}") ;;
    fuzz:*) command=("$tree/tests/fuzz/run.sh" --build "$build" "${words[@]:1}" "${name#fuzz-}") ;;
  esac
  timeout -k 5 $limit "${command[@]}" >"$work/out" 2>&1 </dev/null 9>&- || status=$?
  end_leftovers
  return $status
}

# ---- the run ----

# Everything that is asked of a mutant must hold without it.
check_rungs() {
  local net=$1 name rung preset failed=0 rungs targets
  shift
  rungs=$(for name; do said "$name" Rung; done | sort -u)
  for preset in $(while IFS= read -r rung; do preset_of "$rung"; done <<<"$rungs" | sort -u); do
    targets=$(while IFS= read -r rung; do
      [ "$(preset_of "$rung")" != "$preset" ] || program_of "$rung"
    done <<<"$rungs" | sort -u)
    # shellcheck disable=SC2086
    make "$preset" $targets ||
      { tail -n 30 "$work/build.log" >&2; die "the tree does not compile ($preset)"; }
  done
  while IFS= read -r rung; do
    run_rung "$rung" || {
      failed=1
      echo "NOT IN ORDER without any mutant$([ "$net" = - ] || echo " (without the $net)"): $rung"
      tail -n 5 "$work/out"
    }
  done <<<"$rungs"
  return $failed
}

json_text() { sed 's/\\/\\\\/g;s/"/\\"/g;s/[[:cntrl:]]/ /g' <<<"$1"; }

results=()
# note NAME CAUGHT_BY LINE SECONDS
note() {
  results+=("$(printf '{"name":"%s","removes":"%s","caught_by":"%s","invariant":"%s","output_line":"%s","seconds":%s}' \
    "$1" "$(json_text "$(said "$1" Removes)")" "$(json_text "$2")" \
    "$(json_text "$(said "$1" Breaks)")" "$(json_text "$3")" "$4")")
}

row() { printf '| %s | %s | %s | %s | %s s |\n' "$@"; }

# try NAME: 1 where it is not caught as it must be.
try() {
  local name=$1 begin=$SECONDS rungs says i status line caught="" verdict="NOT CAUGHT" found=""
  mapfile -t rungs < <(said "$name" Rung)
  mapfile -t says < <(said "$name" Says)
  if ! apply "$(patch_of "$name")" 2>"$work/out"; then
    verdict="DOES NOT APPLY"
    rungs=()
  fi
  for i in "${!rungs[@]}"; do
    if ! make "$(preset_of "${rungs[$i]}")" "$(program_of "${rungs[$i]}")"; then
      verdict="DOES NOT COMPILE"
      cp "$work/build.log" "$work/out"
      break
    fi
    status=0
    run_rung "${rungs[$i]}" || status=$?
    [ $status != 0 ] || continue
    line=$(grep -m1 -E -- "${says[$i]}" "$work/out" || true)
    if [ -n "$line" ]; then
      caught=${rungs[$i]}
      read -r found <<<"${line:0:200}"
    else
      verdict="CAUGHT BY SOMETHING ELSE ($status): ${rungs[$i]}"
    fi
    break
  done
  revert "$(patch_of "$name")"
  local net
  net=$(net_of "$name")
  [ -z "$net" ] || apply_net "$net"
  note "$name" "$caught" "$found" $((SECONDS - begin))
  if [ -n "$caught" ]; then
    row "$name" "$(said "$name" Removes)" "\`$caught\`" "$(said "$name" Breaks)" $((SECONDS - begin))
    return 0
  fi
  row "$name" "$(said "$name" Removes)" "**$verdict**" "$(said "$name" Breaks)" $((SECONDS - begin))
  tail -n 20 "$work/out" >&2
  return 1
}

# Files of a net that the mutant's revert has put back.
apply_net() {
  revert "$(net_patch "$1")"
  apply "$(net_patch "$1")" || die "nets/$1.patch does not apply"
}

begin() {
  mkdir -p "$work"
  exec 9>"$work/lock"
  flock -n 9 || die "another run uses $work"
  copy_tree
}

# The library, and the rung that most of them are asked of.
build() {
  begin
  make release muster muster-explore ||
    { tail -n 30 "$work/build.log" >&2; die "the tree does not compile (release)"; }
}

run() {
  local net name failed=0 group caught=0
  begin
  trap end_leftovers EXIT
  echo "| mutant | what it removes | caught by | what it breaks | |"
  echo "|---|---|---|---|---|"
  for net in - $(for name; do net_of "$name"; done | sort -u); do
    group=()
    for name; do
      [ "$(net_of "$name" | grep . || echo -)" != "$net" ] || group+=("$name")
    done
    [ ${#group[@]} -gt 0 ] || continue
    [ "$net" = - ] || apply_net "$net"
    if check_rungs "$net" "${group[@]}"; then
      for name in "${group[@]}"; do
        if try "$name"; then caught=$((caught + 1)); else failed=1; fi
      done
    else
      failed=1
    fi
    [ "$net" = - ] || revert "$(net_patch "$net")"
  done
  echo
  echo "$caught of $# mutants caught, in $SECONDS s"
  if [ -n "$json" ]; then
    (IFS=,; printf '{"known":%d,"mutants":[%s]}\n' "$(names | wc -l)" "${results[*]}") >"$json"
  fi
  return $failed
}

json=""
sample=""
mode=quick
only=()
while [ $# -gt 0 ]; do
  case "$1" in
    --quick | --full | --build | --list | --check) mode=${1#--} ;;
    --only)
      mode=only
      [ -f "$(patch_of "${2:-}")" ] || die "there is no mutant \"${2:-}\"; --list shows them"
      only+=("$2")
      shift
      ;;
    --sample)
      [[ ${2:-} =~ ^[1-9][0-9]*$ ]] || die "--sample N: how many"
      sample=$2
      shift
      ;;
    --json)
      json=$(realpath -m "${2:?--json FILE}")
      shift
      ;;
    *)
      sed -n '2,15s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
      exit 2
      ;;
  esac
  shift
done
mapfile -t all < <(names)
quick=()
for one in "${all[@]}"; do [ "$(said "$one" Level)" != quick ] || quick+=("$one"); done
if [ -n "$sample" ]; then
  mapfile -t quick < <(printf '%s\n' "${quick[@]}" | shuf -n "$sample")
  mapfile -t all < <(printf '%s\n' "${all[@]}" | shuf -n "$sample")
fi
case "$mode" in
  check) check_all ;;
  build) build ;;
  list) for one in "${all[@]}"; do printf '%-28s %s\n' "$one" "$(said "$one" Removes)"; done ;;
  only) run "${only[@]}" ;;
  quick) run "${quick[@]}" ;;
  full) run "${all[@]}" ;;
esac
