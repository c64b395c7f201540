"""docs/RELIABILITY.md, from the documents of a folder and from nothing else."""

import collections

import document
import totals
from document import PASSED
from rungs import RUNS
from sections import SECTIONS
from text import cell, duration, listing, table, wrap

OPENING = """\
# Reliability

Kill any worker of a process pool, at any instant, by any means: no task is lost, none runs twice
without permission, nothing hangs, nothing is left behind, and the program is told what died, where,
doing what. That is the claim. Nobody can read it off the code, so it is tried in ten ways that
have little in common: a model, the shipped code under a scheduler, every instruction of a worker,
chance, malice, lack of everything. This page says what was tried and what was seen.

`./dev prove --report` writes it from the documents in [reliability/](reliability/), which
`./dev prove` leaves; no figure in it was written by hand. `./dev prove --quick` repeats all of it
in a smaller way, `./dev prove` in the large (hours); [tests/rungs/](../tests/rungs/README.md) says
how it goes.
"""

# What each rung does, and what must hold. By run; what belongs to the same rung stands together.
ABOUT = {
    "model": (
        "A model by hand of slot words, ring, reservations, sweep, parking, cancel, kill and "
        "recovery ([tests/model/spin/](../tests/model/spin/README.md)). Spin tries every "
        "interleaving of client, supervisor and workers, with deaths between any two steps, in "
        "small worlds. Laps have one bit and tags two: in worlds of one cell the bit of a lap comes "
        "back, and in `tags-wrap` a hint meets its own tag again. Two small worlds are searched for "
        "runs without an end, too; in the others that is left to the next rung.",
        "Each task ends exactly once, none runs without permission, only the worker of the task "
        "that is meant is killed, and nobody sleeps for ever: sleeps have no bound there.",
    ),
    "model-mutants": (
        "The same models, broken in one place at a time. And what is said to happen in a world is "
        "denied there.",
        "Spin catches each by the property that it breaks, in a world that is in order without it; "
        "and finds each denial wrong.",
    ),
    "explore": (
        "The shipped code of slots, ring, parking and recovery, and of the client's lock, compiled "
        "over a scheduler that decides before each access to shared memory who goes on "
        "([tests/model/](../tests/model/README.md)). It tries every order within its bounds, with "
        "stores that wait in a buffer, and a death at each step. A delay is a preemption with stores "
        "on their way. An execution ends early where it comes to a state that another has been in.",
        "The same, of the code itself; none goes on for ever, and never do two threads have the lock.",
    ),
    "snapshots": (
        "A worker of a live pool goes one instruction at a time (ptrace) from one sleep to the "
        "next. After each the pool's memory is copied, and the supervisor's own recovery runs in "
        "the copy ([tests/steps/](../tests/steps/README.md)).",
        "What is left is in order: each slot, each result, each hint, each sleeper; and the "
        "recovery done twice changes nothing.",
    ),
    "kill-steps": (
        "The same ways, but the worker is killed: after no instruction, after one, after two, to "
        "the end of the way.",
        "Each future comes to what the words said at that instant; a value only of a task that "
        "ran; an error names process, signal and task; ten more tasks are taken; nothing is left.",
    ),
    "soak": (
        "Workers are killed under load from several threads, under both policies, with retries, "
        "cancels and time limits in play ([tests/prove/](../tests/prove/README.md)). Some are "
        "stopped first, looked at, and killed at an instant that is known; others without a look, "
        "or by their own task. Tasks write down in a ledger beside the pool when they begin and "
        "end.",
        "Every future ends; a value is its own task's, which ran to its end; none runs more "
        "often than its retries allow, and none after it was cancelled; no process, descriptor or "
        "memory stays. Each kind of instant is at least one in a hundred of the deaths.",
    ),
    "ends": (
        "A client makes a pool and uses it; client, supervisor and workers are killed in a sequence "
        "that is drawn, from none to some milliseconds apart: while the pool is made, used, ended, "
        "and while the survivors clean up after the first. The client also ends by SIGTERM, "
        "`exit()`, `_exit()` and `abort()`. Tasks start programs, hold files; some workers are "
        "stopped first ([tests/prove/](../tests/prove/README.md)).",
        "No process is left, no zombie, no memory, no file. A client that lives gets an answer or an "
        "error of Muster's for each future, ends its pool, and has no child and no descriptor more "
        "than before. Each order of the three occurs. What a task has started goes with its worker, "
        "but where client and supervisor are both killed: then nobody is there to end it.",
    ),
    "peers": (
        "The soak's load, without what other pools cannot do, and its kills, in Python's two pools "
        "and in one on Boost's message queue whose workers are forked anew, beside Muster's.",
        "Of Muster's pools: those that replace their workers go on and lose nothing unsaid, those "
        "that are to break break and say so. Of the others nothing: it is a table of what they do.",
    ),
    "scribble": (
        "Workers write over all the memory of the pool that they can write, while tasks flow: "
        "bits, words, pages, slot words that look valid, ring ends, results, records.",
        "The pool may break. The client neither crashes nor waits for ever.",
    ),
    "scribble-asan": (
        "The same with the client under the address sanitizer and that of undefined behaviour.",
        "Nor does it read outside of what is its own.",
    ),
    "fuzz": (
        "libFuzzer makes up bytes for everything that reads bytes of others: attaching, recovery, "
        "completions, decoding, the status tool, command lines "
        "([tests/fuzz/](../tests/fuzz/README.md)).",
        "Each of them ends, with an answer or an error of its own, and reads nothing it should "
        "not.",
    ),
    "syscalls": (
        "Each system call that Muster makes fails in turn, by strace, in a program that makes a "
        "pool, uses it, loses workers and ends.",
        "The program ends in time, well or with an error of Muster's, and leaves nobody.",
    ),
    "threads": (
        "Workers are threads of one process, over the same ring and slots, under the thread "
        "sanitizer, which does not see into other processes.",
        "No two of them race.",
    ),
    "mutants": (
        "The code is broken on purpose, in one place at a time: a fence, a help step, a tag, a "
        "sweep, a second look, a check, a wake removed or moved "
        "([tests/mutants/](../tests/mutants/README.md)).",
        "Some rung catches it by the promise that it breaks. This is the proof of the proof.",
    ),
    "detection": (
        "What a death costs in time. A worker is killed in its task; beside it a program that "
        "polls the worker's pidfd, as the kernel's own notice. The larger the worker, the longer "
        "the kernel takes to tear it down before it tells.",
        "Nothing: times depend on the machine. Those that Muster means to keep stand in the second "
        "table, and whether it did. The crash handler and the "
        "kernel's mark are early: they stand in shared memory before the kernel's notice. Of the mark "
        "the replacement is made; the crash handler's note is read when the error is made, which "
        "needs the notice. Who looks for the first two may come too late, "
        "behind the successor that clears them; such kills are left out.",
    ),
}

CLOSING = """\
## What it costs

Empty tasks through a process pool, before and after recovery was what it is now, in turns:
[docs/investigations/client-fast-path.md](investigations/client-fast-path.md#what-surviving-deaths-costs).

## What is not proved

- **Other processors.** All of this is x86-64. There stores wait in a buffer and nothing else is
  reordered; the scheduler and the models assume as much. Muster may well compile elsewhere: nothing
  here says anything of it then.
- **More than the bounds.** Model and scheduler see everything there is in small worlds: few
  workers, slots, tasks, deaths, preemptions. That a fault which needs more than that would have
  shown itself there is experience, not proof. What was searched by bitstate was not searched in
  full.
- **The model is a model.** Spin searches a text that was written beside the code. The scheduler
  runs the shipped worker, ring, slots and recovery, but its client, pump and supervisor are its
  own. Runs of the code are replayed in the model of slots, ring and parking; that of attention words,
  completion rings and the pump's sleep (`att-`) is compared with the code by nothing but reading.
  Completion rings and the doorbell are not under the scheduler, nor is the pump's look every 2 ms.
- **Streams of tiny tasks.** With 64 tasks in slots and workers that keep up nobody is woken, and the
  pump watches that they do keep up (`core_wake.cpp`). That mode is neither in the model nor under the
  scheduler. The soak, which submits 400 empty tasks at once, may come into it; a wake that is lost
  there costs the rest of a sleep (100 ms, 10 s at most).
- **Between two instructions is not within one.** A death inside of a system call, in the kernel, is
  one step of these programs. Instructions that end a path of the supervisor or of the client are
  not tried one by one: when those die the pool ends with them, which [ends](#ends) looks at, at
  random.
- **The compiled code that was stepped** is that of one compiler and its options.
- **A scribbling worker** may break its pool, and does. That it does not also break the client is
  random evidence.
- **A hang** is exact in the model and under the scheduler, where no sleep has a bound. Elsewhere it is
  a wait that was given up, and what would have ended later counts as one: after a minute in the soak,
  ends, scribble and syscalls, 20 s in snapshots and kill-steps, 10 s for an input of the fuzzer, and
  30 s for other pools. The soak also counts a sleep that only its bound ended though there was work.
- **Your tasks.** At most once is the default; with retries a task may have run in part before.
  What it did to files and other machines by then is done.
- **Outside of the process**: the kernel's own faults, a full machine that kills the client itself,
  power.
"""


def load(folder):
    found = {run.name: document.read(folder / f"{run.name}.json") for run in RUNS}
    return {name: one for name, one in found.items() if one is not None}


def source_of(one):
    return one["commit"] + (" with changes" if one["changed"] else "")


def machine_of(one):
    machine = one["machine"]
    return (
        f"{machine['processor']}, {machine['cpus']} processors, {machine['memory_gib']} GiB, "
        f"Linux {machine['kernel']}, {machine['compiler']}"
    )


def most(documents, what):
    """The source or machine of most documents. Of as many each, the one that comes first."""
    counts = collections.Counter(what(one) for one in documents.values())
    return counts.most_common(1)[0][0] if counts else None


def verdict(one):
    if one is None:
        return "**not run**"
    if one["verdict"] == PASSED:
        return "passed" + (f", **{one['why']}**" if one["why"] else "")
    return f"**{one['verdict']}**: {one['why']}"


def in_order():
    """As the page tells of them, which is not the order in which they fit beside each other."""
    return sorted(RUNS, key=lambda run: list(ABOUT).index(run.name))


def run_rows(documents, source):
    for run in in_order():
        one = documents.get(run.name)
        number = run.rung or ""
        link = f"[{run.name}](#{run.name})"
        if one is None:
            yield [number, link, run.what, verdict(one), "", "", ""]
            continue
        other = "" if source_of(one) == source else f" (of **{source_of(one)}**)"
        yield [
            number,
            link,
            run.what,
            verdict(one) + other,
            one["mode"],
            duration(one["seconds"]),
            one["date"],
        ]


def section(run, one, source, machine):
    about, holds = ABOUT[run.name]
    lines = [f"### {run.name}", "", *wrap(about), "", *wrap(f"*What must hold:* {holds}"), ""]
    if one is None:
        return [*lines, f"**Not run.** `./dev prove --only {run.name}` does it.", ""]
    if one["verdict"] != PASSED:
        lines += [f"**{one['verdict'].capitalize()}**: {cell(one['why'])}", ""]
    if one["figures"] is not None:
        lines += SECTIONS[run.name](one["figures"])
    lines += [f"`{one['command']}`, {duration(one['seconds'])}, {one['date']}", ""]
    if "seed" in (one["figures"] or {}):
        lines[-2] += f"; seed {one['figures']['seed']}"
    if source_of(one) != source:
        lines += [f"Of another commit than most: **{source_of(one)}**.", ""]
    if machine_of(one) != machine:
        lines += [f"On another machine than most: {machine_of(one)}.", ""]
    return lines


def text(folder):
    documents = load(folder)
    source = most(documents, source_of)
    machine = most(documents, machine_of)
    lines = [*OPENING.splitlines(), "", "## In total", "", *totals.lines(documents)]
    if documents:
        dates = sorted(one["date"] for one in documents.values())
        lines += [f"Commit {source}; {dates[0]} to {dates[-1]} (UTC); {machine}.", ""]
    lines += ["## The rungs", ""]
    heads = ["", "rung", "", "verdict", "mode", "time", "begun"]
    lines += table(heads, run_rows(documents, source), right=(0, 5))
    bad = [run.name for run in in_order() if documents.get(run.name, {}).get("verdict") != PASSED]
    if bad:
        lines += [*wrap(f"Not passed: {listing(bad)}. What was not run proves nothing."), ""]
    for run in in_order():
        lines += section(run, documents.get(run.name), source, machine)
    return "\n".join([*lines, CLOSING])
