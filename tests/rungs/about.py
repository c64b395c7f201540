"""What each run does and what must hold, as far as its document bears it out."""

from rungs import of_kind
from text import listing


def names(rows, key):
    return listing(f"`{row[key]}`" for row in rows)


def options_of(world):
    """Of a world "pool: WORKERS=2 LONG": {"WORKERS": 2, "LONG": 1}."""
    words = world["what"].partition(":")[2].split()
    pairs = (word.partition("=") for word in words)
    return {name: int(value or 1) for name, _, value in pairs}


def model(figures):
    text = (
        "A model by hand of slot words, ring, reservations, sweep, parking, cancel, kill and "
        "recovery ([tests/model/spin/](../tests/model/spin/README.md)). Spin tries every "
        "interleaving of client, supervisor and workers in small worlds; in those that have deaths, "
        "with a death between any two steps."
    )
    if figures is None:
        return text
    worlds = of_kind(figures, "configuration")
    options = {world["name"]: options_of(world) for world in worlds}
    # In its third lap the one cell's bit is what it was.
    laps = [
        world
        for world in worlds
        if options[world["name"]].get("CELLS") == 1 and options[world["name"]].get("TASKS", 0) > 2
    ]
    wraps = [world for world in worlds if world["name"] == "tags-wrap"]
    endless = [world for world in worlds if world["search"] == "endless loops"]
    text += " Laps have one bit, and tags two where `TAG_BITS` says nothing else"
    if laps:
        text += f": in {names(laps, 'name')} the bit of a lap comes back to what it was"
    else:
        text += "; no world here has a ring of one cell, in which a lap's bit comes back to what it was"
    text += (
        ", and in `tags-wrap` a hint meets its own tag again."
        if wraps
        else "; none here makes a hint meet its own tag again."
    )
    if endless:
        text += (
            f" {names(endless, 'name')} {'is' if len(endless) == 1 else 'are'} searched for runs "
            "without an end, too; in the others that is left to the next rung."
        )
    else:
        text += " None is searched for runs without an end: that is left to the next rung."
    return text


def locks_of(figures):
    return [one for one in figures["results"] if one["case"].startswith("lock")] if figures else []


def explore(figures):
    locks = locks_of(figures)
    text = "The shipped code of slots, ring, parking and recovery"
    if locks:
        text += f", and of the client's lock ({names(locks, 'case')})"
    text += (
        ", compiled over a scheduler that decides before each access to shared memory who goes on "
        "([tests/model/](../tests/model/README.md)). It tries every order within the bounds below, "
        "with stores that wait in a buffer, and deaths. A death comes before a step that writes, and "
        "in a sleep: what a process only reads it alone knows, so one that dies before a read leaves "
        "what it leaves before its next write. A delay is a preemption with stores on their way. An "
        "execution ends early where it comes to a state that another has been in."
    )
    if figures and not locks:
        text += " The client's lock is not among these cases."
    return text


def explore_holds(figures):
    text = "The same, of the code itself; none goes on for ever"
    return text + (", and never do two threads have the lock." if locks_of(figures) else ".")


def kill_steps(figures):
    text = "Ways of a worker as those above, in a live pool, but the worker is killed: "
    if figures is None:
        return text + (
            "after no instruction, after one, after two, to the end of the way; of long ways after "
            "every so many-th."
        )
    strides = {}
    for cell in figures["cells"]:
        of_stride = strides.setdefault(cell["every"], [])
        if cell["scenario"] not in of_stride:
            of_stride.append(cell["scenario"])
    parts = []
    for stride in sorted(strides):
        ways = listing(f"`{name}`" for name in strides[stride])
        if stride == 1:
            parts.append(f"after no instruction, after one, after two, to the end of the way ({ways})")
        else:
            parts.append(f"after every {stride} instructions, the first drawn at random ({ways})")
    return text + "; ".join(parts) + "."


def soak_holds(figures):
    text = (
        "Every future ends; a value is its own task's, which ran to its end; none runs more often "
        "than its retries allow, and none after it was cancelled; no process, descriptor or memory "
        "stays."
    )
    # Earlier programs did not look.
    if figures is None or "deaths" in figures:
        text += (
            " A pool that goes on has told of the death of each worker that was killed, but of those "
            "that had just ended in order (where its workers end after a number of tasks a death that "
            "is not told cannot be told from such an end); it tells of no death that nobody has caused; and one that "
            "is to break breaks of the first death that the program has not asked for."
        )
    return text + " Each kind of instant is at least one in a hundred of the kills."


def detection_holds(figures):
    text = "Nothing: times depend on the machine. Those that Muster means to keep stand in the "
    text += "second table, and whether it did."
    rows = figures["rows"] if figures else []
    if any(row["tier"] == "robust futex" and "replacement" in row["from_kill_to"] for row in rows):
        text += (
            " The replacement is made of the kernel's mark on a robust futex, which comes before the "
            "kernel tears the memory of the worker down."
        )
    if any("crash handler" in row["tier"] or "backtrace" in row["from_kill_to"] for row in rows):
        text += (
            " The crash handler's note is read when the error is made, which needs the pidfd's "
            "notice."
        )
    early = [row for row in rows if "this program looks at" in row["from_kill_to"]]
    if early:
        text += (
            " When mark and note stand in shared memory is seen by a program that looks at it all "
            "the time; it may come too late, behind the successor that clears them, and such kills "
            "are left out."
        )
    elif rows:
        text += " When mark and note stand in shared memory is in none of these rows."
    return text


# By run: what it does, and what must hold; what belongs to the same rung stands together. Each is a
# text, or makes one of the run's figures, which are None where it was not run.
ABOUT = {
    "model": (
        model,
        "Each task ends exactly once, none runs without permission, only the worker of the task "
        "that is meant is killed, and nobody sleeps for ever: sleeps have no bound there.",
    ),
    "model-mutants": (
        "The same models, broken in one place at a time. And what is said to happen in a world is "
        "denied there.",
        "Spin catches each by the property that it breaks, in a world that is in order without it; "
        "and finds each denial wrong.",
    ),
    "explore": (explore, explore_holds),
    "snapshots": (
        "A worker of a live pool goes one instruction at a time (ptrace) from one sleep to the "
        "next. After each the pool's control segment is copied (slots, ring, park words, "
        "reservations), and the supervisor's own steps of recovery run in the copy: those that end "
        "the dead worker's tasks, dismiss it, and make the others look for what it had taken. "
        "Results and records, which the worker alone writes, are read where they are while it "
        "stands. What else the supervisor does when a worker has died (to reap, to tell the client, "
        "to replace) is not tried here: [kill-steps](#kill-steps) and [soak](#soak) have it done "
        "([tests/steps/](../tests/steps/README.md)).",
        "What is left is in order: each slot, each result, each hint, each sleeper; and the "
        "recovery done twice changes nothing.",
    ),
    "kill-steps": (
        kill_steps,
        "Each future comes to what the words said at that instant; a value only of a task that "
        "ran; an error names process, signal and task; ten more tasks are taken; nothing is left.",
    ),
    "soak": (
        "Workers are killed under load from several threads, under both policies, with retries, "
        "cancels and time limits in play ([tests/prove/](../tests/prove/README.md)). Some are "
        "stopped first, looked at, and killed at an instant that is known; others without a look, "
        "or by their own task. Tasks write down in a ledger beside the pool when they begin and "
        "end.",
        soak_holds,
    ),
    "soak-large": (
        "The same, but the workers are killed while they write large results, and with arrays in "
        "their hands that processes share: their tasks tell, in memory beside the pool, how far they "
        "are.",
        "A worker takes its own task along and nothing else: results that were finished before and "
        "arrays that anybody holds are right to the last word, and the memory of those that nobody "
        "holds any more is gone, in all processes.",
    ),
    "ends": (
        "A client makes a pool and uses it; client, supervisor and workers are killed in a sequence "
        "that is drawn, from none to some milliseconds apart: while the pool is made, used, ended, "
        "and while the survivors clean up after the first. The client also ends by SIGTERM, "
        "`exit()`, `_exit()` and `abort()`. Tasks start programs, hold files. Some workers are "
        "stopped first, but never one that was just forked and has not asked for the kernel's "
        "signal yet: if client and supervisor were both killed then, it would stay "
        "([tests/prove/](../tests/prove/README.md)).",
        "No process of the pool is left, no zombie, no memory, no file. A client that lives gets an "
        "answer or an error of Muster's for each future, ends its pool, and has no child and no "
        "descriptor more than before. Each order of the three occurs. What a task has started goes "
        "with its worker, but where client and supervisor are both killed: then nobody is there to "
        "end it, and it may stay.",
    ),
    "peers": (
        "The soak's load, without what other pools cannot do, and its kills, in Python's two pools "
        "and in one on Boost's message queue whose workers are forked anew, beside Muster's.",
        "Of Muster's pools: those that replace their workers go on and lose nothing unsaid, those "
        "that are to break break and say so. Of the others nothing: it is a table of what they do.",
    ),
    "scribble": (
        "Workers write over all the memory of the pool that they can write, while tasks flow: "
        "bits, words, pages, slot words that look valid, ring ends, results, records. Each map, each "
        "task that scribbles and three of eight others have a time limit of a second; the rest, "
        "whose results are short, have none.",
        "The pool may break. The client does not crash, and nobody in it waits for ever. Of tasks "
        "whose results are long that is said with a time limit only: one whose worker's own memory "
        "was written over may never end, and without a limit nothing ends it "
        "([docs/PROTOCOL.md](PROTOCOL.md#what-the-client-believes)).",
    ),
    "scribble-asan": (
        "The same with the client under the address sanitizer and that of undefined behaviour.",
        "Nor does it read outside of what is its own.",
    ),
    "fuzz": (
        "libFuzzer makes up bytes for what reads bytes of others, a target each "
        "([tests/fuzz/](../tests/fuzz/README.md)).",
        "Each of them ends, with an answer or an error of its own, and reads nothing it should "
        "not.",
    ),
    "syscalls": (
        "System calls that a program with a pool makes fail in turn, by strace: it makes a pool, "
        "uses it, loses workers and ends.",
        "The program ends in time, well, with an error of Muster's or, where the call gets it memory, "
        "with std::bad_alloc, and leaves nobody.",
    ),
    "threads": (
        "Workers are threads of one process, over the same ring and slots, under the thread "
        "sanitizer, which does not see into other processes.",
        "No two of them race.",
    ),
    "mutants": (
        "The code is broken on purpose, in one place at a time "
        "([tests/mutants/](../tests/mutants/README.md)).",
        "Some rung catches it by the promise that it breaks. This is the proof of the proof.",
    ),
    "detection": (
        "What a death costs in time. A worker is killed in its task; beside it a program that "
        "polls the worker's pidfd, as the kernel's own notice. The larger the worker, the longer "
        "the kernel takes to tear it down before it tells. Its memory has grown in its task; where an "
        "initializer fills it at once, its successor does that meanwhile, on one of the processors.",
        detection_holds,
    ),
}


def about(run, figures):
    """What it does, and what must hold."""
    return tuple(text(figures) if callable(text) else text for text in ABOUT[run])
