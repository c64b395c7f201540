"""docs/RELIABILITY.md, from the documents of a folder and from nothing else."""

import collections
import datetime

import document
import totals
from about import ABOUT, about
from document import PASSED
from rungs import RUNS
from sections import SECTIONS
from text import cell, duration, listing, table, wrap

OPENING = """\
# Reliability

Kill any worker of a process pool, at any instant, by any means: no task is lost, none runs twice
without permission, nothing hangs, nothing is left behind, and the program is told what died, where,
doing what. That is the claim. Nobody can read it off the code, so it is tried in ten ways that
have little in common: a model, the shipped code under a scheduler, the instructions of a worker one
by one, chance, malice, lack of everything. This page says what was tried and what was seen.

`./dev prove --report` writes it from the documents in [reliability/](reliability/), which
`./dev prove` leaves; no figure in it was written by hand. `./dev prove --quick` repeats all of it
in a smaller way, `./dev prove` in the large (hours); [tests/rungs/](../tests/rungs/README.md) says
how it goes.
"""

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
  completion rings and the pump's sleep (`att-`, where it was searched) is compared with the code by
  nothing but reading.
  Completion rings and the doorbell are not under the scheduler, nor is the pump's look every 2 ms.
- **Streams of tiny tasks.** With 64 tasks in slots and workers that keep up nobody is woken, and the
  pump watches that they do keep up (`core_wake.cpp`). That mode is neither in the model nor under the
  scheduler. The soak, which submits 400 empty tasks at once, may come into it; a wake that is lost
  there costs the rest of a sleep (100 ms, 10 s at most).
- **Between two instructions is not within one.** A death inside of a system call, in the kernel, is
  one step of these programs. Instructions that end a path of the supervisor or of the client are
  not tried one by one: when those die the pool ends with them, which [ends](#ends) looks at, at
  random.
- **The compiled code that was stepped** is that of one compiler and its options. Snapshots try the
  recovery's steps on slots, ring and park words, not all that the supervisor does of a death. Kills
  after an instruction leave instructions out of long ways, and quick runs go one way.
- **Who is left when client and supervisor are both killed.** What their tasks had started stays: the
  kernel ends the workers and nobody ends those. And a worker that was just forked, and is stopped
  (SIGSTOP) before it has asked the kernel for its signal, stays stopped if both are killed then;
  [ends](#ends) stops no such worker.
- **A scribbling worker** may break its pool, and does. That it does not also break the client is
  random evidence. That nobody waits for ever has been seen with time limits on all tasks but short
  ones; a task without one, whose worker's arena was written over, may never end.
- **System calls** fail among the first so many of a kind in each process, in three small programs.
  `futex` does not fail there, nor what the list says besides.
- **Pools that break** tell of the death that they break of; the soak cannot hold against them who else
  was killed by then.
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
    does, holds = about(run.name, one["figures"] if one else None)
    lines = [f"### {run.name}", "", *wrap(does), "", *wrap(f"*What must hold:* {holds}"), ""]
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


def ended(one):
    begun = datetime.datetime.strptime(one["date"], document.DATE)
    return (begun + datetime.timedelta(seconds=one["seconds"])).strftime(document.DATE)


def made_from(documents, source, machine):
    """Where, when and of what the totals are."""
    first = min(one["date"] for one in documents.values())
    last = max(ended(one) for one in documents.values())
    text = f"Commit {source}; {first} to {last} (UTC); {machine}."
    runs = [run.name for run in in_order() if run.name in documents]
    for what, other in (
        ("commit", [name for name in runs if source_of(documents[name]) != source]),
        ("machine", [name for name in runs if machine_of(documents[name]) != machine]),
    ):
        if other:
            text += f" Of another {what}, as is said there: {listing(other)}."
    return text


def text(folder):
    documents = load(folder)
    source = most(documents, source_of)
    machine = most(documents, machine_of)
    lines = [*OPENING.splitlines(), "", "## In total", "", *totals.lines(documents)]
    if documents:
        lines += [*wrap(made_from(documents, source, machine)), ""]
    lines += ["## The rungs", ""]
    heads = ["", "rung", "", "verdict", "mode", "time", "begun"]
    lines += table(heads, run_rows(documents, source), right=(0, 5))
    bad = [run.name for run in in_order() if documents.get(run.name, {}).get("verdict") != PASSED]
    if bad:
        lines += [*wrap(f"Not passed: {listing(bad)}. What was not run proves nothing."), ""]
    for run in in_order():
        lines += section(run, documents.get(run.name), source, machine)
    return "\n".join([*lines, CLOSING])
