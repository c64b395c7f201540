"""The rungs of the proof: what each runs, how long, and how much it must have done.

A run is one program with one document. Its command gets {json}, the file for its figures, and
{build}, the folder of its preset. `least` says how much its figures must show to be worth the word
"passed": a promise that holds in nothing is none.
"""

import dataclasses
from collections.abc import Callable


def total(rows, key):
    return sum(row.get(key, 0) for row in rows or [])


@dataclasses.dataclass(frozen=True)
class Run:
    rung: int
    name: str
    what: str
    quick: str  # "": it is a part of the full run alone
    full: str
    # What has to be built first: targets of a preset. "": nothing is.
    preset: str = "release"
    targets: tuple = ()
    # A command that builds what else it needs.
    prepare: str = ""
    # Processors that it keeps busy. 0: all; nothing else runs beside it.
    cpus: int = 1
    # Programs that have to be there.
    tools: tuple = ()
    # Of the figures: {what: (how much, at least so much in quick, in full)}.
    least: Callable = lambda figures: {}
    # What is to be said of a run though it passed; "": nothing.
    remark: Callable = lambda figures: ""


def of_kind(figures, kind):
    """What the models' runner found, of one kind."""
    return [one for one in figures["results"] if one["kind"] == kind]


def least_of_model(figures):
    return {
        "states": (total(of_kind(figures, "configuration"), "states"), 100_000, 100_000_000),
        "worlds of the code replayed": (len(of_kind(figures, "replay")), 1, 1),
    }


def least_of_model_mutants(figures):
    return {
        "mutants": (len(of_kind(figures, "mutants")), 15, 15),
        "witnesses": (len(of_kind(figures, "witnesses")), 2, 2),
    }


def least_of_explore(figures):
    cases = figures["results"]
    return {
        "executions": (total(cases, "executions"), 2_000_000, 20_000_000),
        "cases explored to their bounds": (total(cases, "complete"), len(cases), len(cases)),
    }


def least_of_soak(figures):
    return {"kills": (figures["kills"], 10_000, 1_000_000)}


def least_of_soak_large(figures):
    large = figures["large"]
    return {
        "kills": (large["kills"], 150, 400),
        "MiB of the largest results": (large["mebibytes"], 16, 256),
    }


def least_of_peers(figures):
    pools = [(name, row) for name, loads in figures["peers"].items() for row in loads.values()]
    # By what its policy says must become of it.
    right = {"Muster, replace": "went on", "Muster, break_pool": "broke"}
    own = [row["became"][right[name]] for name, row in pools if name in right]
    all_own = 6 * figures["trials"]
    return {
        "loads of pools tried": (len(pools), 15, 15),
        "of Muster's pools did what their policy says": (sum(own), all_own, all_own),
    }


def least_of_ends(figures):
    occurred = [order for order, number in figures["orders"].items() if number]
    return {
        "clients with a pool": (figures["rounds"], 1_000, 20_000),
        "orders of client, supervisor and worker": (len(occurred), 15, 15),
    }


def least_of_scribble(figures):
    return {"corruptions": (figures["corruptions"], 10_000, 100_000)}


def least_of_asan(figures):
    return {"corruptions": (figures["corruptions"], 1_000, 10_000)}


def least_of_snapshots(figures):
    return {"boundaries": (total(figures["scenarios"], "boundaries"), 10_000, 50_000)}


def least_of_kill_steps(figures):
    return {"boundaries": (figures["boundaries"], 1_000, 5_000)}


def least_of_fuzz(figures):
    each = [one["executions"] for one in figures["targets"]]
    return {"inputs for the target that had fewest": (min(each, default=0), 1_000, 10_000)}


def least_of_syscalls(figures):
    # Some end in the loader, and not each makes as many calls as the one that was listened to.
    most = figures["possible"] * 3 // 4
    return {"programs in which the call failed": (figures["failed"], 300, most)}


def least_of_mutants(figures):
    return {"mutants": (len(figures["mutants"]), 4, 20)}


def least_of_threads(figures):
    return {"tests": (figures["tests"], 1, 1)}


def least_of_detection(figures):
    return {"kills of each kind": (min(row["samples"] for row in figures["rows"]), 20, 100)}


def times_missed(figures):
    """Times depend on the machine, so a run that misses some passes, and says so."""
    missed = [
        f"{one['what']} (+{one['megabytes']} MB: {one['found_s'] * 1e3:.2f} ms)"
        for one in figures["wanted"]
        if not one["kept"]
    ]
    if not missed:
        return ""
    return f"{len(missed)} of {len(figures['wanted'])} times missed: {'; '.join(missed)}"


THREADS = (
    "tests/rungs/under_tsan.sh {build}/tests/protocol/protocol_test "
    "--gtest_filter=WorkersAsThreads.* --gtest_output=json:{json}"
)

RUNS = (
    Run(
        rung=1,
        name="model",
        what="a model of the shared memory, searched by spin",
        quick="tests/model/spin/run.sh --quick --json {json}",
        full="tests/model/spin/run.sh --full --keep build/spin --json {json}",
        targets=("muster-explore",),  # its runs are replayed
        tools=("spin", "gcc"),
        least=least_of_model,
    ),
    Run(
        rung=1,
        name="model-mutants",
        what="broken variants of the model, each of which must be caught",
        quick="",
        full="tests/model/spin/run.sh --mutants --json {json}",
        preset="",
        tools=("spin", "gcc"),
        least=least_of_model_mutants,
    ),
    Run(
        rung=2,
        name="explore",
        what="the pool's own code under a scheduler that tries every order of its steps",
        quick="{build}/tests/model/muster-explore --level quick --json {json}",
        full="{build}/tests/model/muster-explore --level full --json {json}",
        targets=("muster-explore",),
        least=least_of_explore,
    ),
    Run(
        rung=3,
        name="snapshots",
        what="the recovery of slots and ring, on copies of their memory after each instruction of a worker",
        quick="{build}/tests/steps/muster-snapshots --quick --json {json}",
        full="{build}/tests/steps/muster-snapshots --full --json {json}",
        targets=("muster-snapshots",),
        least=least_of_snapshots,
    ),
    Run(
        rung=4,
        name="kill-steps",
        what="a worker killed after so many instructions, one number after the other",
        quick="{build}/tests/steps/muster-kill-steps --quick --json {json}",
        full="{build}/tests/steps/muster-kill-steps --full --json {json}",
        targets=("muster-kill-steps",),
        least=least_of_kill_steps,
    ),
    Run(
        rung=8,
        name="syscalls",
        what="system calls that fail in turn",
        quick="{build}/tests/prove/muster-syscalls --full --seconds 60 --json {json}",
        full="{build}/tests/prove/muster-syscalls --full --json {json}",
        targets=("muster-syscalls",),
        tools=("strace",),
        least=least_of_syscalls,
    ),
    Run(
        rung=5,
        name="ends",
        what="client, supervisor and workers killed in any combination and order",
        quick="{build}/tests/prove/muster-ends --quick --json {json}",
        full="{build}/tests/prove/muster-ends --full --json {json}",
        targets=("muster-ends",),
        least=least_of_ends,
    ),
    Run(
        rung=5,
        name="peers",
        what="the same load and deaths in other pools",
        quick="{build}/tests/prove/muster-soak --peer --kills 10 --json {json}",
        full="{build}/tests/prove/muster-soak --peer --full --json {json}",
        targets=("muster-soak",),
        tools=("python3",),
        least=least_of_peers,
    ),
    Run(
        rung=5,
        name="soak",
        what="workers killed at random under load",
        quick="{build}/tests/prove/muster-soak --quick --large-kills 0 --json {json}",
        full="{build}/tests/prove/muster-soak --full --large-kills 0 --json {json}",
        targets=("muster-soak",),
        cpus=0,
        least=least_of_soak,
    ),
    Run(
        rung=5,
        name="soak-large",
        what="workers killed with large results or arrays in their hands",
        quick="{build}/tests/prove/muster-soak --kills 10 --large-kills 150 --json {json}",
        full="{build}/tests/prove/muster-soak --kills 10 --large-kills 400 --mebibytes 256 --json {json}",
        targets=("muster-soak",),
        cpus=0,
        least=least_of_soak_large,
    ),
    Run(
        rung=6,
        name="scribble",
        what="workers that write over all the memory they can write",
        quick="{build}/tests/prove/muster-scribble --quick --json {json}",
        full="{build}/tests/prove/muster-scribble --full --json {json}",
        targets=("muster-scribble",),
        cpus=0,
        least=least_of_scribble,
    ),
    Run(
        rung=6,
        name="scribble-asan",
        what="the same, with the client under the address sanitizer",
        quick="{build}/tests/prove/muster-scribble --corruptions 2000 --json {json}",
        full="{build}/tests/prove/muster-scribble --corruptions 100000 --json {json}",
        preset="asan",
        targets=("muster-scribble",),
        cpus=0,
        least=least_of_asan,
    ),
    Run(
        rung=7,
        name="fuzz",
        what="arbitrary bytes for everything that reads bytes of others",
        quick="tests/fuzz/run.sh --json {json} 60",
        full="tests/fuzz/run.sh --json {json} 600",
        preset="fuzz",
        targets=("fuzz-targets",),
        cpus=0,
        least=least_of_fuzz,
    ),
    Run(
        rung=9,
        name="threads",
        what="workers as threads, under the thread sanitizer",
        quick=THREADS + " --gtest_repeat=3",
        full=THREADS + " --gtest_repeat=300",
        preset="tsan",
        targets=("protocol_test",),
        cpus=0,
        least=least_of_threads,
    ),
    Run(
        rung=10,
        name="mutants",
        what="broken variants of the code, each of which must be caught",
        quick="tests/mutants/run.sh --quick --sample 4 --json {json}",
        full="tests/mutants/run.sh --full --json {json}",
        preset="",
        prepare="tests/mutants/run.sh --build",
        cpus=0,
        least=least_of_mutants,
    ),
    Run(
        rung=0,
        name="detection",
        what="how soon a death is known",
        quick="{build}/tests/steps/muster-detection --quick --json {json}",
        full="{build}/tests/steps/muster-detection --full --json {json}",
        targets=("muster-detection",),
        cpus=0,
        least=least_of_detection,
        remark=times_missed,
    ),
)
