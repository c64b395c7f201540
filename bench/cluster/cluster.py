#!/usr/bin/env python3
"""MpiPoolExecutor beside mpi4py.futures, in turns on the same machine.

    bench/cluster/cluster.py [--workers 1,2] [--runs N] [--build build/release] [--json FILE]
                             [--mpirun COMMAND]

Both have as many ranks that serve as there are workers, with one worker each. In every run each of
the two does the same: first one, then the other, in the next run the other way round.

empty tasks: n -> n + 1, a future each; all are submitted, then all results are collected. Tasks a
second; Muster runs 200,000 of them, mpi4py 1,000, a tenth of a second of each at least.
64 MiB and back: an array of 8 Mi doubles to a worker, which gives it back; from before the submission
to when the client has it. Milliseconds.

idle: processor time of mpirun and all that it started, while none has anything to do for 5 s.

Printed are medians, their ratio, and the least and the greatest ratio of a run. The figures of a run
are warm: the same was done before in the same pool.
"""

import argparse
import json
import os
import shlex
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
PEERS = os.path.join(HERE, "../peers/python/peers.py")
DOUBLES = 8 << 20


def fail(sentence):
    raise SystemExit(f"cluster.py: {sentence}")


class Pool:
    """A program that reads commands; peers.py and ranks.cpp say which."""

    def __init__(self, name, command, environment, tasks):
        self.name, self.tasks = name, tasks
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True, env={**os.environ, **environment})

    def ask(self, command):
        try:
            self.process.stdin.write(command + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            fail(f"{self.name} has ended")
        line = self.process.stdout.readline()
        if not line:
            fail(f"{self.name} has ended, asked for: {command}")
        return dict(field.split("=", 1) for field in line.split())

    def empty_tasks(self):
        """Tasks a second."""
        start = time.perf_counter()
        answer = self.ask(f"kept {self.tasks}")
        seconds = time.perf_counter() - start
        if int(answer["sum"]) != self.tasks * (self.tasks + 1) // 2:
            fail(f"{self.name} has added up to {answer['sum']}")
        return self.tasks / seconds

    def echo(self):
        """Milliseconds."""
        return 1e3 * float(self.ask("echo_doubles 1")["seconds"])

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def muster(options, workers):
    program = os.path.join(options.build, "bench/muster-bench-ranks")
    if not os.path.exists(program):
        fail(f"there is no {program}; build the target muster-bench-ranks")
    command = [*shlex.split(options.mpirun), "-n", str(workers + 1), program]
    pool = Pool("MpiPoolExecutor", command, {}, 200_000)
    pool.ask("open 1")
    return pool


def mpi4py(_, workers):
    # OpenMPI wants to be told that root is meant, and that there may be more ranks than processors.
    environment = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
                   "OMPI_MCA_rmaps_base_oversubscribe": "1"}
    python = os.environ.get("MUSTER_BENCH_PYTHON", "/usr/bin/python3")
    pool = Pool("mpi4py.futures", [python, "-B", PEERS, "mpi"], environment, 1_000)
    pool.ask("hello")
    pool.ask(f"open {workers}")
    return pool


def descendants(of):
    """Processes below this one, it included."""
    parents = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat") as file:
                parents[int(name)] = int(file.read().rpartition(")")[2].split()[1])
        except OSError:
            continue  # it has ended meanwhile
    found = [of]
    for each in found:
        found.extend(child for child, parent in parents.items() if parent == each)
    return found


def processor_seconds(pid):
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def show_idle(pool, seconds=5):
    pids = descendants(pool.process.pid)
    before = {pid: processor_seconds(pid) for pid in pids}
    time.sleep(seconds)
    used = {pid: processor_seconds(pid) - before[pid] for pid in pids}
    print(f"idle, {pool.name}: {len(pids)} processes used {100 * sum(used.values()) / seconds:.1f}% "
          f"of a processor in {seconds} s, the busiest {100 * max(used.values()) / seconds:.1f}%",
          flush=True)


def compare(ours, theirs, measure, runs):
    """Figures of both in turns."""
    figures = ([], [])
    for pool in (ours, theirs):
        for _ in range(4):  # what is new each time at first is there then
            measure(pool)
    for run in range(runs):
        both = [(ours, figures[0]), (theirs, figures[1])]
        for pool, list_of in both if run % 2 == 0 else reversed(both):
            list_of.append(measure(pool))
    return figures


def quartiles(values):
    low, middle, high = statistics.quantiles(values, n=4)
    return f"{middle:12,.1f} [{low:,.1f} .. {high:,.1f}]"


def show(what, unit, figures, more_is_better):
    ours, theirs = figures
    times = [a / b if more_is_better else b / a for a, b in zip(ours, theirs)]
    ratio = statistics.median(ours) / statistics.median(theirs)
    if not more_is_better:
        ratio = 1 / ratio
    print(f"{what}, {unit}")
    print(f"  MpiPoolExecutor {quartiles(ours)}")
    print(f"  mpi4py.futures  {quartiles(theirs)}")
    print(f"  times better: {ratio:.2f} [{min(times):.2f} .. {max(times):.2f}] of {len(times)} runs",
          flush=True)
    return {"what": what, "unit": unit, "muster": ours, "mpi4py": theirs, "ratio": ratio}


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", default="1,2")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--json")
    parser.add_argument("--mpirun", default="mpirun --allow-run-as-root --oversubscribe")
    options = parser.parse_args()
    if options.runs < 2:
        fail("--runs is less than 2, and quartiles need two")
    results = []
    for workers in (int(each) for each in options.workers.split(",")):
        pools = [make(options, workers) for make in (muster, mpi4py)]
        ranks = f"{workers} rank{'s' if workers > 1 else ''} that serve{'s' if workers == 1 else ''}"
        figures = compare(*pools, Pool.empty_tasks, options.runs)
        results.append(show(f"empty tasks, {ranks}", "a second", figures, True))
        for pool in pools:
            pool.ask(f"prepare_doubles {DOUBLES}")
        figures = compare(*pools, Pool.echo, options.runs)
        results.append(show(f"64 MiB and back, {ranks}", "milliseconds", figures, False))
        for pool in pools:
            show_idle(pool)
        for pool in pools:
            pool.end()
    if options.json:
        with open(options.json, "w") as file:
            json.dump(results, file, indent=1)


if __name__ == "__main__":
    sys.exit(main())
