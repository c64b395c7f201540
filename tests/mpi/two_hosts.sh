# two_hosts.sh MPIEXEC PROGRAM: two hosts made of namespaces of the network and of host names, a cable
# between them, Open MPI over TCP. The results are the same as without, also where the link is slow
# or goes down for seconds; where it goes down for good the job ends with an error that says so.
#
# All of it is in a namespace of processes of its own, so nothing stays when this ends.
. "$(dirname "$0")/lib.sh"

skip() {
  echo "SKIPPED: $*"
  exit 77
}

if [ "${TWO_HOSTS_INSIDE:-}" = "" ]; then
  "$mpiexec" --version 2>&1 | grep -q "Open MPI\|OpenRTE" ||
    skip "two hosts are made for Open MPI, which this is not"
  for tool in ip nsenter unshare; do
    command -v $tool >/dev/null || skip "there is no $tool; install iproute2 and util-linux"
  done
  apart=(unshare --net --uts --mount --pid --fork --kill-child --mount-proc)
  [ "$(id -u)" = 0 ] || apart+=(--user --map-root-user)
  "${apart[@]}" ip link add near type veth peer name far 2>/dev/null ||
    skip "this user may not make namespaces with a network of their own, or the kernel has no veth"
  work=$(mktemp -d "${TMPDIR:-/tmp}/muster-hosts.XXXXXX")
  export TWO_HOSTS_INSIDE=$work
  exec "${apart[@]}" bash "$0" "$mpiexec" "$@"
fi

work=$TWO_HOSTS_INSIDE
trap 'rm -rf "$work"' EXIT
program=$1
export TMPDIR=$work

# The near host is here; the far one is where this process is.
hostname near
unshare --net --uts --mount --pid --fork --kill-child --mount-proc \
  bash -c 'sleep infinity & wait' &
holder=$!
until far=$(pgrep -P "$holder") && [ "$(readlink /proc/"$far"/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do
  kill -0 "$holder" || fail "the far host was not made"
done
on_far() { nsenter -t "$far" --net --uts --mount --pid -- "$@"; }
on_far hostname far
ip link add near type veth peer name far netns "$far"
up() {
  ip address replace 10.77.0.1/24 dev near && ip link set near up
}
up && ip link set lo up
on_far ip address add 10.77.0.2/24 dev far && on_far ip link set far up && on_far ip link set lo up

# What ssh is otherwise: mpirun gives it a host and a command.
cat >"$work/agent" <<AGENT
#!/bin/sh
shift
exec nsenter -t $far --net --uts --mount --pid -- sh -c "\$*"
AGENT
chmod +x "$work/agent"

# job NAME [OPTION ...]: rank 0 on the near host, two ranks on the far one; in the background.
job() {
  name=$1
  shift
  rm -f "$work/go"
  timeout -k 5 120 "$mpiexec" --allow-run-as-root --oversubscribe \
    --mca plm_rsh_agent "$work/agent" --mca orte_keep_fqdn_hostnames 1 \
    --mca btl tcp,self --mca btl_tcp_if_include 10.77.0.0/24 --mca oob_tcp_if_include 10.77.0.0/24 \
    --host 10.77.0.1:1,10.77.0.2:2 "$@" -n 3 "$program" "$work/go" \
    >"$work/$name.out" 2>"$work/$name.err" &
  running=$!
}
show() {
  echo "--- $name"
  cat "$work/$name.out" "$work/$name.err"
}
has_begun() {
  until grep -qs "^begun" "$work/$name.err"; do
    kill -0 $running 2>/dev/null || { show; fail "$name: the job ended before it had begun"; }
    sleep 0.1
  done
}
ends_well() {
  touch "$work/go"
  wait $running
  local code=$?
  show
  [ $code = 0 ] || fail "$name: exit code $code"
  cmp "$work/alone.out" "$work/$name.out" || fail "$name: other results than alone"
  grep -q "^worker on far" "$work/$name.err" || fail "$name: no worker was on the far host"
}

touch "$work/go"
"$program" "$work/go" >"$work/alone.out" 2>"$work/alone.err" || fail "alone: exit code $?"

job plain
has_begun
ends_well

slow=(root tbf rate 20mbit burst 32kb latency 400ms)
if tc qdisc add dev near "${slow[@]}" && on_far tc qdisc add dev far "${slow[@]}"; then
  job slow
  has_begun
  ends_well
  tc qdisc del dev near root
  on_far tc qdisc del dev far root
else
  echo "left out: a slow link; this kernel has no tbf, or there is no tc"
fi

job stalled
has_begun
ip link set near down
sleep 3
up
ends_well

# mpirun tells the daemon of the far host to end and waits until TCP gives up: with the kernel's usual
# 15 retries that takes a quarter of an hour.
for host in "" on_far; do
  $host sh -c "echo 5 >/proc/sys/net/ipv4/tcp_retries2" || fail "tcp_retries2 cannot be set"
done
MUSTER_MPI_SILENCE=4 job gone
has_begun
ip link set near down
wait $running
code=$?
show
[ $code != 0 ] || fail "gone: exit code 0"
[ $code != 124 ] && [ $code != 137 ] || fail "gone: the job did not end by itself"
grep -q "error: .*rank [12] on far (pid [0-9]*) is lost: nothing was heard of it for 4.0 s" "$work/gone.out" ||
  fail "gone: the error does not name what was lost"
# The ranks on the far host notice by themselves, too, and so does their daemon.
while on_far pgrep -x "$(basename "$program" | head -c 15)" >/dev/null; do sleep 0.1; done
echo "two hosts: all well"
